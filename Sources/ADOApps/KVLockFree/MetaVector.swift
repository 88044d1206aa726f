public import ADO
internal import HashTreeCollections

/// Where the values of a lock-free store are: for each hash of keys a bucket, changed in one step.
///
///     try await meta.call(.put("mode", place, hash: hash))      // nil: where it led
///     try await meta.call(.find("mode", hash: hash))            // place
///
/// Writers do not read a bucket and write it back, which two of them could do at once: `put` and
/// `drop` change the one key, or, of several at once, each. After `seal(n)` no put of an index
/// below n is accepted (``Reclaimed``), so that what nothing leads to then, nothing ever will. A
/// method that throws has changed nothing. Each costs one round trip to a quorum. Copies share what
/// they have in common.
public struct MetaVector: AtomicObject, Equatable {
    /// The name of the type in logs.
    public static let typeName = "MetaVector"

    /// Below this no index is accepted.
    public private(set) var floor: UInt64 = 0

    var buckets: TreeDictionary<UInt64, MetaBucket> = [:]
    /// How many keys lead to an index: one, unless somebody puts the same index twice.
    private var leads: TreeDictionary<UInt64, Int> = [:]

    /// Makes a vector without keys.
    public init() {}

    init(floor: UInt64, buckets: TreeDictionary<UInt64, MetaBucket>) {
        self.floor = floor
        self.buckets = buckets
        for meta in buckets.values.flatMap(\.metas) { leads[meta.index, default: 0] += 1 }
    }

    /// What is known of a key with this hash.
    public func find(_ key: String, hash: UInt64) -> Meta? { buckets[hash]?[key] }

    /// The keys with their metas, in the order of their hashes and bytes.
    public var entries: [(key: String, meta: Meta)] {
        buckets.sorted { $0.key < $1.key }.flatMap { zip($0.value.keys, $0.value.metas) }
            .map { ($0, $1) }
    }

    /// The hash under which a key is there; nil if it is not.
    ///
    /// Looks at all keys: for those who do not know the program's hash.
    package func hash(of key: String) -> UInt64? {
        buckets.first { $0.value[key] != nil }?.key
    }

    /// Runs one method.
    public mutating func apply(_ method: Method, result: inout Writer) throws(MethodFailure) {
        switch method {
        case .put(let key, let meta, let hash):
            guard meta.index >= floor else { throw MethodFailure(Reclaimed(floor: floor)) }
            change(key, to: meta, hash).write(to: &result)
        case .putAll(let pointers):
            guard pointers.allSatisfy({ $0.meta.index >= floor }) else {
                throw MethodFailure(Reclaimed(floor: floor))
            }
            pointers.map { change($0.key, to: $0.meta, $0.hash) }.write(to: &result)
        case .drop(let key, let hash): change(key, to: nil, hash).write(to: &result)
        case .find(let key, let hash): find(key, hash: hash).write(to: &result)
        case .seal(let floor): self.floor = max(self.floor, floor)
        case .reachable(let asked): asked.filter { leads[$0] != nil }.write(to: &result)
        }
    }

    private mutating func change(_ key: String, to meta: Meta?, _ hash: UInt64) -> Meta? {
        // In place: a bucket that is taken out and put back is copied.
        let before = buckets[hash, default: MetaBucket()].replace(key, by: meta)
        if meta == nil, buckets[hash]?.keys.isEmpty ?? false { buckets[hash] = nil }
        if let before {
            let others = (leads[before.index] ?? 1) - 1
            leads[before.index] = others > 0 ? others : nil
        }
        if let meta { leads[meta.index, default: 0] += 1 }
        return before
    }
}

/// An index was refused because a collection came between: append the value again.
public struct Reclaimed: Error, BinaryCodable, Hashable {
    /// Indices from this on are accepted.
    public let floor: UInt64

    /// Makes the error.
    public init(floor: UInt64) { self.floor = floor }

    /// Appends the floor.
    public func write(to writer: inout Writer) { floor.write(to: &writer) }

    /// Reads a floor.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Reclaimed {
        Reclaimed(floor: try .read(from: &reader))
    }
}

// MARK: - Encoding

extension MetaVector {
    /// Appends the floor and the buckets in the order of their hashes.
    public func writeState(to writer: inout Writer) {
        floor.write(to: &writer)
        writer.varint(UInt64(buckets.count))
        for (hash, bucket) in buckets.sorted(by: { $0.key < $1.key }) {
            hash.write(to: &writer)
            bucket.write(to: &writer)
        }
    }

    /// Reads a vector whose hashes rise, without empty buckets.
    public static func readState(from reader: inout Reader) throws(DecodingFailure) -> MetaVector {
        let floor = try UInt64.read(from: &reader)
        var buckets: TreeDictionary<UInt64, MetaBucket> = [:]
        var last: UInt64?
        for _ in 0..<(try reader.length()) {
            let hash = try UInt64.read(from: &reader)
            let bucket = try MetaBucket.read(from: &reader)
            guard last.map({ $0 < hash }) ?? true, !bucket.keys.isEmpty else { throw .malformed }
            buckets[hash] = bucket
            last = hash
        }
        return MetaVector(floor: floor, buckets: buckets)
    }
}
