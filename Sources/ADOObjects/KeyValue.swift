public import ADO
internal import HashTreeCollections

/// A replicated dictionary of strings.
///
///     let settings = cluster.object(KeyValue.self, named: "settings")
///     try await settings.call(.set("mode", to: "safe"))       // nil, the value before
///     try await settings.call(.get("mode"))                   // "safe"
///
/// Every method is one atomic step; two of them are not. A method never throws, so a call that
/// fails says whether it was done, was not, or is unknown, as `CallFailure` tells. A write costs
/// one round trip to a quorum, a read one to confirm the owner. Copies share what they have in
/// common, so that a speculative state costs the keys that differ.
public struct KeyValue: AtomicObject, Equatable {
    /// What a dictionary can be asked to do.
    public enum Method: ObjectMethod, Hashable {
        /// Sets a key and returns the value before.
        case set(String, to: String)
        /// Returns the value of a key.
        case get(String)
        /// Removes a key and returns the value before.
        case remove(String)
        /// Returns the number of keys.
        case count
        /// Returns what is known of a key's value, without the value.
        case meta(String)

        /// True for `get`, `count` and `meta`.
        @inlinable public var isReadOnly: Bool {
            switch self {
            case .set, .remove: false
            case .get, .count, .meta: true
            }
        }

        /// One cell for each key, where a key can be told from others by its bytes; `set` and
        /// `remove` leave nothing of what was there.
        public var footprint: Footprint {
            switch self {
            case .set(let key, to: _), .remove(let key):
                let cell = Self.cell(of: key)
                return Footprint(
                    reads: .known([cell]), writes: .known([cell]),
                    overwrites: cell == .property("values") ? [] : [cell])
            case .get(let key), .meta(let key):
                return Footprint(reads: .known([Self.cell(of: key)]), writes: .none)
            case .count: return Footprint(reads: .known([.property("values")]), writes: .none)
            }
        }

        private static func cell(of key: String) -> Cell {
            .element("values", of: key)
        }
    }

    /// What is known of a value.
    @frozen
    public struct Meta: BinaryCodable, Hashable {
        /// The bytes of its UTF-8 form.
        public let size: Int

        /// Makes what is known of a value of `size` bytes.
        @inlinable
        public init(size: Int) {
            self.size = size
        }

        /// Appends the size.
        @inlinable
        public func write(to writer: inout Writer) { size.write(to: &writer) }

        /// Reads a size.
        @inlinable
        public static func read(from reader: inout Reader) throws(DecodingFailure) -> Meta {
            Meta(size: try .read(from: &reader))
        }
    }

    /// The name of the type in logs.
    public static let typeName = "KeyValue"

    private var values: TreeDictionary<String, String>

    /// Makes an empty dictionary.
    public init() {
        values = [:]
    }

    /// The number of keys.
    public var count: Int { values.count }

    /// The value of a key.
    public subscript(key: String) -> String? { values[key] }

    /// Runs one method.
    public mutating func apply(
        _ method: Method, result: inout Writer
    ) throws(MethodFailure) {
        switch method {
        case .set(let key, let value): values.updateValue(value, forKey: key).write(to: &result)
        case .get(let key): values[key].write(to: &result)
        case .remove(let key): values.removeValue(forKey: key).write(to: &result)
        case .count: values.count.write(to: &result)
        case .meta(let key): values[key].map { Meta(size: $0.utf8.count) }.write(to: &result)
        }
    }
}

// MARK: - Encoding

extension KeyValue {
    /// Appends the number of keys, then keys and values in the order of the keys' bytes.
    public func writeState(to writer: inout Writer) {
        writer.varint(UInt64(values.count))
        for (key, value) in values.sorted(by: { Self.precedes($0.key, $1.key) }) {
            writer.string(key)
            writer.string(value)
        }
    }

    /// Reads a dictionary whose keys rise.
    public static func readState(from reader: inout Reader) throws(DecodingFailure) -> KeyValue {
        var state = KeyValue()
        var last: String?
        for _ in 0..<(try reader.length()) {
            let key = try reader.string()
            if let last, !precedes(last, key) { throw .malformed }
            guard state.values.updateValue(try reader.string(), forKey: key) == nil else {
                throw .malformed
            }
            last = key
        }
        return state
    }

    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}

extension KeyValue.Method: BinaryCodable {
    /// Appends a tag, 1 to 5, and the arguments.
    @inlinable
    public func write(to writer: inout Writer) {
        switch self {
        case .set(let key, let value):
            writer.u8(1)
            writer.string(key)
            writer.string(value)
        case .get(let key):
            writer.u8(2)
            writer.string(key)
        case .remove(let key):
            writer.u8(3)
            writer.string(key)
        case .count:
            writer.u8(4)
        case .meta(let key):
            writer.u8(5)
            writer.string(key)
        }
    }

    /// Reads a tag and the arguments.
    @inlinable
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> KeyValue.Method {
        switch try reader.u8() {
        case 1: return .set(try reader.string(), to: try reader.string())
        case 2: return .get(try reader.string())
        case 3: return .remove(try reader.string())
        case 4: return .count
        case 5: return .meta(try reader.string())
        case let tag: throw .unknownTag(UInt32(tag))
        }
    }
}

// MARK: - Calls

extension Call where Object == KeyValue, Result == String? {
    /// Sets a key and returns the value before.
    @inlinable
    public static func set(_ key: String, to value: String) -> Self {
        Self(.set(key, to: value))
    }

    /// Returns the value of a key.
    @inlinable
    public static func get(_ key: String) -> Self { Self(.get(key)) }

    /// Removes a key and returns the value before.
    @inlinable
    public static func remove(_ key: String) -> Self { Self(.remove(key)) }
}

extension Call where Object == KeyValue, Result == KeyValue.Meta? {
    /// Returns what is known of a key's value, without the value.
    @inlinable
    public static func meta(_ key: String) -> Self { Self(.meta(key)) }
}

extension Call where Object == KeyValue, Result == Int {
    /// Returns the number of keys.
    @inlinable public static var count: Self { Self(.count) }
}
