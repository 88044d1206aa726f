public import ADO
internal import HashTreeCollections

/// Where the values of a lock-free store are: for each hash of keys a bucket, changed in one step.
///
///     try await meta.call(.point([MetaPointer("mode", place, hash: hash)]))
///     try await meta.call(.leads("mode", hash: hash))     // place, pending
///     try await meta.call(.point([], filled: [place.index]))
///     try await meta.call(.leads("mode", hash: hash))     // place, settled
///
/// Writers do not read a bucket and write it back, which two of them could do at once: each method
/// changes one key, or, of several at once, each. A place has one key at a time. After `seal(n)` no
/// place below n is accepted (``Reclaimed``), so that what nothing leads to then,
/// nothing ever will. A method that throws has changed nothing. Each costs one round trip to a
/// quorum. Copies share what they have in common.
public struct MetaVector: AtomicObject, Equatable {
    typealias Bucket = KeyBucket<MetaLeads>

    /// The name of the type in logs.
    public static let typeName = "MetaVector"

    /// Below this no index is accepted.
    public private(set) var floor: UInt64 = 0

    private var buckets: TreeDictionary<UInt64, Bucket> = [:]
    /// The hash of the key that leads to an index.
    private var hashes: TreeDictionary<UInt64, UInt64> = [:]

    /// Makes a vector without keys.
    public init() {}

    /// Where a key with this hash leads; nil if nowhere.
    public func leads(of key: String, hash: UInt64) -> MetaLeads? { buckets[hash]?[key] }

    /// The keys with where they lead, in the order of their hashes and bytes.
    public var entries: [(key: String, leads: MetaLeads)] {
        buckets.sorted { $0.key < $1.key }.flatMap { zip($0.value.keys, $0.value.values) }
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
        case .point(let pointers, let filled):
            guard accepts(pointers) else { throw MethodFailure(Reclaimed(floor: floor)) }
            let freed = filled.flatMap { settle($0) }
            Pointed(older: pointers.map { point($0) }, freed: freed).write(to: &result)
        case .sort(let first, let end, let filled):
            sort(from: first, to: min(end, floor), filled).write(to: &result)
        case .drop(let key, let hash): drop(key, hash).write(to: &result)
        case .leads(let key, let hash): leads(of: key, hash: hash).write(to: &result)
        case .seal(let floor): self.floor = max(self.floor, floor)
        }
    }

    private func accepts(_ pointers: [MetaPointer]) -> Bool {
        guard pointers.allSatisfy({ $0.meta.index >= floor && hashes[$0.meta.index] == nil })
        else { return false }
        // Rising, as a client has them, they are different.
        return zip(pointers, pointers.dropFirst()).allSatisfy { $0.meta.index < $1.meta.index }
            || Set(pointers.map(\.meta.index)).count == pointers.count
    }

    /// Leads a key to one place more, and returns how many older ones it leads to.
    private mutating func point(_ pointer: MetaPointer) -> Int {
        hashes[pointer.meta.index] = pointer.hash
        return buckets[pointer.hash, default: Bucket()].change(pointer.key, from: MetaLeads()) {
            $0.point(to: pointer.meta)
        }
    }

    /// Learns that a place is filled, and returns what nothing leads to any more: the place itself
    /// if nothing does.
    private mutating func settle(_ index: UInt64) -> [UInt64] {
        guard let hash = hashes[index] else { return [index] }
        let freed = buckets[hash]?.changeFirst(where: { $0.leads(to: index) }) { $0.settle(index) }
        for index in freed ?? [] { hashes[index] = nil }
        return freed ?? []
    }

    /// Goes over what is less: the places, or those that keys lead to.
    private mutating func sort(
        from first: UInt64, to end: UInt64, _ filled: [UInt64]
    ) -> [UInt64] {
        guard first < end else { return [] }
        let filled = Set(filled.filter { $0 >= first && $0 < end })
        let led =
            end - first <= UInt64(hashes.count)
            ? (first..<end).filter { hashes[$0] != nil }
            // In their own order hashes differ between processes.
            : hashes.keys.filter { $0 >= first && $0 < end }.sorted()
        var freed = filled.filter { hashes[$0] == nil }.sorted()
        for index in led {
            if filled.contains(index) {
                freed += settle(index)
            } else if let hash = hashes[index] {
                close(index, hash)
            }
        }
        return freed
    }

    /// Learns that a place will never be filled.
    private mutating func close(_ index: UInt64, _ hash: UInt64) {
        let isClosed = buckets[hash]?.changeFirst(where: { $0.leads(to: index) }) {
            $0.close(index)
        }
        guard isClosed ?? false else { return }
        hashes[index] = nil
        let empty = buckets[hash].flatMap { bucket in
            zip(bucket.keys, bucket.values).first { $1.isEmpty }?.0
        }
        if let empty { remove(empty, hash) }
    }

    private mutating func remove(_ key: String, _ hash: UInt64) {
        buckets[hash]?[key] = nil
        if buckets[hash]?.keys.isEmpty ?? false { buckets[hash] = nil }
    }

    /// Leaves a key of which nobody has said that it has a value.
    private mutating func drop(_ key: String, _ hash: UInt64) -> MetaLeads? {
        let leads = leads(of: key, hash: hash)
        guard let leads, leads.settled != nil else { return leads }
        for meta in leads.all { hashes[meta.index] = nil }
        remove(key, hash)
        return leads
    }
}

/// A place was refused because a collection came between, or some key leads to it: write to
/// another.
public struct Reclaimed: Error, BinaryCodable, Hashable {
    /// No index below this is accepted.
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

    /// Reads a vector whose hashes rise, without empty buckets, whose places have one key each.
    public static func readState(from reader: inout Reader) throws(DecodingFailure) -> MetaVector {
        var vector = MetaVector()
        vector.floor = try .read(from: &reader)
        var last: UInt64?
        for _ in 0..<(try reader.length()) {
            let hash = try UInt64.read(from: &reader)
            let bucket = try Bucket.read(from: &reader)
            guard last.map({ $0 < hash }) ?? true, !bucket.keys.isEmpty else { throw .malformed }
            try vector.add(bucket, hash)
            last = hash
        }
        return vector
    }

    private mutating func add(_ bucket: Bucket, _ hash: UInt64) throws(DecodingFailure) {
        buckets[hash] = bucket
        for leads in bucket.values {
            guard !leads.isEmpty else { throw .malformed }
            for meta in leads.all {
                guard hashes.updateValue(hash, forKey: meta.index) == nil else {
                    throw .malformed
                }
            }
        }
    }
}
