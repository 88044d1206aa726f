public import ADO
public import ADOObjects

/// Where a value lies, and how long it is: what the meta vector of a store holds of each key.
public struct Meta: Sendable, Hashable {
    /// The bytes of the value's UTF-8 form.
    public let size: Int
    /// The index in the data vector.
    public let index: UInt64

    /// Makes what is known of a value.
    public init(size: Int, index: UInt64) {
        self.size = size
        self.index = index
    }
}

/// The keys whose hashes are the same, each with what is known of it.
///
/// Two keys may have one hash, so a bucket holds the keys themselves: a hash finds the bucket, and
/// the key decides.
public struct KeyBucket<Value: BinaryCodable & Hashable & Sendable>: Sendable, Hashable {
    /// Keys in the order of their bytes.
    public private(set) var keys: [String] = []
    /// What is known of each key.
    public private(set) var values: [Value] = []

    /// Makes an empty bucket.
    public init() {}

    /// What is known of a key; setting nil removes it.
    public subscript(key: String) -> Value? {
        get { keys.firstIndex { Self.isSame($0, key) }.map { values[$0] } }
        set { _ = replace(key, by: newValue) }
    }

    /// Changes what is known of a key, in place.
    mutating func change<Result>(
        _ key: String, from initial: @autoclosure () -> Value, _ body: (inout Value) -> Result
    ) -> Result {
        let position = position(of: key)
        if position == keys.count || !Self.isSame(keys[position], key) {
            keys.insert(key, at: position)
            values.insert(initial(), at: position)
        }
        return body(&values[position])
    }

    /// Changes what is known of the first key of which this holds, in place; nil if there is none.
    mutating func changeFirst<Result>(
        where isMeant: (Value) -> Bool, _ body: (inout Value) -> Result
    ) -> Result? {
        values.firstIndex(where: isMeant).map { body(&values[$0]) }
    }

    /// Where a key is, or would be.
    private func position(of key: String) -> Int {
        keys.firstIndex { !Self.precedes($0, key) } ?? keys.count
    }

    /// Sets what is known of a key, or removes it, and returns what was known.
    mutating func replace(_ key: String, by value: Value?) -> Value? {
        let position = position(of: key)
        guard position < keys.count, Self.isSame(keys[position], key) else {
            if let value {
                keys.insert(key, at: position)
                values.insert(value, at: position)
            }
            return nil
        }
        let before = values[position]
        if let value {
            values[position] = value
        } else {
            keys.remove(at: position)
            values.remove(at: position)
        }
        return before
    }

    /// By bytes, as their order is: of two keys that only look the same each has its own value.
    private static func isSame(_ left: String, _ right: String) -> Bool {
        left.utf8.elementsEqual(right.utf8)
    }

    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}

/// The keys whose hashes are the same, each with where its value is.
public typealias MetaBucket = KeyBucket<Meta>

/// Hashes of keys, the same in every process and for ever.
public enum KeyHash {
    /// FNV-1a of the key's UTF-8 bytes, 64 bits.
    public static func fnv1a(_ key: String) -> UInt64 {
        key.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}

// MARK: - Encoding

extension Meta: BinaryCodable {
    /// Appends the size and the index.
    public func write(to writer: inout Writer) {
        size.write(to: &writer)
        index.write(to: &writer)
    }

    /// Reads a size and an index.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Meta {
        Meta(size: try .read(from: &reader), index: try .read(from: &reader))
    }
}

extension KeyBucket: BinaryCodable {
    /// Appends the number of keys, and each with what is known of it.
    public func write(to writer: inout Writer) {
        writer.varint(UInt64(keys.count))
        for (key, value) in zip(keys, values) {
            writer.string(key)
            value.write(to: &writer)
        }
    }

    /// Reads a bucket whose keys rise.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> KeyBucket {
        var bucket = KeyBucket()
        for _ in 0..<(try reader.length()) {
            let key = try reader.string()
            if let last = bucket.keys.last, !precedes(last, key) { throw .malformed }
            bucket.keys.append(key)
            bucket.values.append(try .read(from: &reader))
        }
        return bucket
    }
}

extension KeyBucket: StockElement where Value == Meta {
    /// `MetaBucket`.
    public static var elementName: String { "MetaBucket" }
}
