public import ADO

/// Where a key leads, with the key's hash.
public struct MetaPointer: BinaryCodable, Hashable, Sendable {
    /// The key.
    public let key: String
    /// Where it leads.
    public let meta: Meta
    /// The key's hash: that of its bucket.
    public let hash: UInt64

    /// Makes a pointer.
    public init(_ key: String, _ meta: Meta, hash: UInt64) {
        self.key = key
        self.meta = meta
        self.hash = hash
    }

    /// Appends the key, where it leads, and the hash.
    public func write(to writer: inout Writer) {
        writer.string(key)
        meta.write(to: &writer)
        hash.write(to: &writer)
    }

    /// Reads a pointer.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> MetaPointer {
        MetaPointer(
            try reader.string(), try .read(from: &reader), hash: try .read(from: &reader))
    }
}
