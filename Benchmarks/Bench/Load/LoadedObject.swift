import ADO
import ADOObjects

/// An object that the generator knows how to load and how to check.
protocol LoadedObject: AtomicObject {
    /// What the write with this id asks for.
    static func write(_ id: UInt64, _ values: Values) -> Method

    /// What a read asks for.
    static func read(_ id: UInt64, _ values: Values) -> Method

    /// The result of a write as one number, which the log's model computes too.
    static func witness(_ result: UnsafeRawBufferPointer, _ values: Values) -> UInt64

    /// What the method in an entry writes.
    static func written(_ method: Method) -> Written?
}

extension LoadedObject {
    /// Reads the method of an entry.
    static var reader: MethodReader {
        { bytes in
            var reader = Reader(bytes)
            guard let method = try? Method.read(from: &reader), reader.remaining == 0
            else { return nil }
            return written(method)
        }
    }
}

extension KeyValue: LoadedObject {
    static func write(_ id: UInt64, _ values: Values) -> Method {
        .set(values.keys[values.keyIndex(of: id)], to: values.value(of: id))
    }

    static func read(_ id: UInt64, _ values: Values) -> Method {
        .get(values.keys[values.readKeyIndex(of: id)])
    }

    static func witness(_ result: UnsafeRawBufferPointer, _ values: Values) -> UInt64 {
        values.writer(in: result)
    }

    static func written(_ method: Method) -> Written? {
        guard case .set(let key, let value) = method else { return nil }
        return .set(key: key, value: value)
    }
}

extension Counter: LoadedObject {
    static func write(_ id: UInt64, _ values: Values) -> Method { .add(1) }

    static func read(_ id: UInt64, _ values: Values) -> Method { .value }

    static func witness(_ result: UnsafeRawBufferPointer, _ values: Values) -> UInt64 {
        var reader = Reader(result)
        guard let value = try? Int.read(from: &reader), value >= 0 else { return .max }
        return UInt64(value)
    }

    static func written(_ method: Method) -> Written? {
        guard case .add(let number) = method else { return nil }
        return .add(number)
    }
}
