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

/// The keys whose hashes are the same, each with its ``Meta``.
///
/// Two keys may have one hash, so a bucket holds the keys themselves: a hash finds the bucket, and
/// the key decides.
public struct MetaBucket: Sendable, Hashable {
    /// Keys in the order of their bytes.
    public private(set) var keys: [String] = []
    /// What is known of each key's value.
    public private(set) var metas: [Meta] = []

    /// Makes an empty bucket.
    public init() {}

    /// What is known of a key; setting nil removes it.
    public subscript(key: String) -> Meta? {
        get { keys.firstIndex { Self.isSame($0, key) }.map { metas[$0] } }
        set { _ = replace(key, by: newValue) }
    }

    /// Sets what is known of a key, or removes it, and returns what was known.
    mutating func replace(_ key: String, by meta: Meta?) -> Meta? {
        let position = keys.firstIndex { !Self.precedes($0, key) } ?? keys.count
        guard position < keys.count, Self.isSame(keys[position], key) else {
            if let meta {
                keys.insert(key, at: position)
                metas.insert(meta, at: position)
            }
            return nil
        }
        let before = metas[position]
        if let meta {
            metas[position] = meta
        } else {
            keys.remove(at: position)
            metas.remove(at: position)
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

extension MetaBucket: StockElement {
    /// `MetaBucket`.
    public static let elementName = "MetaBucket"

    /// Appends the number of keys, and each with its meta.
    public func write(to writer: inout Writer) {
        writer.varint(UInt64(keys.count))
        for (key, meta) in zip(keys, metas) {
            writer.string(key)
            meta.write(to: &writer)
        }
    }

    /// Reads a bucket whose keys rise.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> MetaBucket {
        var bucket = MetaBucket()
        for _ in 0..<(try reader.length()) {
            let key = try reader.string()
            if let last = bucket.keys.last, !precedes(last, key) { throw .malformed }
            bucket.keys.append(key)
            bucket.metas.append(try .read(from: &reader))
        }
        return bucket
    }
}
