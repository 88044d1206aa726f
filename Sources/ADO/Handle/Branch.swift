/// What a handle stands on after a pull: the committed state, and entries above it.
///
/// Entries are those adopted from others, then its own; the speculative replica has applied them
/// all. It is the same kind of replica that servers run, with the same session and request numbers,
/// so that a result given out speculatively is the one that committing brings.
struct Branch<Object: AtomicObject>: Sendable {
    struct Entry: Sendable {
        let index: UInt64
        let size: Int
        /// Nil unless a method invoked here.
        let request: Request?
        let isOwn: Bool
    }

    /// Entries that may be uncommitted, and their bytes.
    static var entriesMax: Int { 16384 }
    static var bytesMax: Int { 16 << 20 }

    /// What one push carries at most; the rest follows in the next.
    static var chunkEntriesMax: Int { 8192 }
    static var chunkBytesMax: Int { 512 << 10 }

    let ballot: Ballot
    private(set) var committed: ObjectReplica<Object>
    private(set) var speculative: ObjectReplica<Object>
    private var entries: [Entry] = []
    private var bytes: [UInt8] = []
    /// The number of entries that the backend has been given, or had.
    private var sent = 0
    /// The number of those after them that a push is on its way with.
    private var sending = 0
    private var scratch = Writer()

    init(_ pulled: Pulled<Object>) throws(PullFailure) {
        ballot = pulled.ballot
        committed = pulled.committed
        speculative = pulled.committed
        for block in pulled.inherited { try inherit(block) }
        if let quarantine = speculative.quarantine { throw .quarantined(quarantine) }
        guard pulled.tip >= speculative.lastIndex else { throw .unreadable }
        speculative.skip(to: pulled.tip)
        if entries.isEmpty { committed.skip(to: pulled.tip) }
    }

    private mutating func inherit(_ block: EntryBlock) throws(PullFailure) {
        guard block.count >= 0, block.first > speculative.lastIndex else { throw .unreadable }
        let sizes = Self.sizes(of: block)
        guard let sizes else { throw .unreadable }
        speculative.skip(to: block.first - 1)
        var results = Writer()
        block.bytes.withUnsafeBytes { buffer in
            speculative.apply(
                block: buffer, count: block.count, first: block.first, results: &results)
        }
        for (position, size) in sizes.enumerated() {
            let index = block.first + UInt64(position)
            entries.append(Entry(index: index, size: size, request: nil, isOwn: false))
        }
        bytes += block.bytes
        sent += block.count
    }

    /// The sizes of a block's entries, heads included, if they fill it.
    private static func sizes(of block: EntryBlock) -> [Int]? {
        let sizes: [Int]? = try? Reader.read(block.bytes) { reader throws(DecodingFailure) in
            var sizes: [Int] = []
            for _ in 0..<block.count {
                let size = Int(try reader.u32())
                _ = try reader.u32()
                _ = try reader.raw(size)
                sizes.append(size + Entries.headSize)
            }
            return sizes
        }
        return sizes
    }

    /// Whether everything on the branch is committed.
    var isSettled: Bool { entries.isEmpty }

    /// Whether uncommitted entries are there, and none is of the own ballot.
    var needsBarrier: Bool { !entries.isEmpty && !entries.contains { $0.isOwn } }

    /// Own requests that are not committed.
    var pending: [Request] { entries.compactMap(\.request) }

    /// Own requests that are not committed, and that a backend was given, or is being given.
    var sentRequests: [Request] { entries[..<(sent + sending)].compactMap(\.request) }

    /// Own requests that no backend was given: definitely not done.
    var unsentRequests: [Request] { entries[(sent + sending)...].compactMap(\.request) }

    /// The index of the last entry that a backend was given, 0 if there is none.
    var lastSent: UInt64 { sent == 0 ? 0 : entries[sent - 1].index }
}

// MARK: - Growing

extension Branch {
    /// Appends an entry that `write` writes, applies it, and returns what came of it.
    mutating func append(
        request: Request? = nil, _ write: (inout Writer) -> Void
    ) throws(InvokeFailure) -> Reply {
        guard entries.count < Self.entriesMax, bytes.count < Self.bytesMax else { throw .busy }
        scratch.removeAll()
        write(&scratch)
        let entry = scratch.bytes
        guard entry.count - Entries.headSize <= Entries.payloadMax else { throw .tooLarge }
        let index = speculative.lastIndex + 1
        scratch = Writer()
        entry.withUnsafeBytes { buffer in
            speculative.apply(block: buffer, count: 1, first: index, results: &scratch)
        }
        bytes += entry
        entries.append(Entry(index: index, size: entry.count, request: request, isOwn: true))
        return Reply.records(scratch.bytes, count: 1, first: index).first ?? Reply(.rejected)
    }

    /// Opens a session, unless it is; throws, and changes nothing, if the log takes no further one.
    mutating func open(_ session: UInt64) throws(InvokeFailure) {
        guard !speculative.sessions.isOpen(session) else { return }
        var opened = self
        let reply = try opened.append { $0.openEntry(session: session, for: Object.self) }
        guard reply.outcome != .rejected else { throw .busy }
        self = opened
    }
}

// MARK: - Pushing

extension Branch {
    /// The next entries that no backend was given, as many as one push carries.
    func chunk() -> (bytes: [UInt8], count: Int) {
        let start = entries[..<sent].reduce(0) { $0 + $1.size }
        var end = start
        var count = 0
        for entry in entries[sent...].prefix(Self.chunkEntriesMax) {
            guard count == 0 || end + entry.size - start <= Self.chunkBytesMax else { break }
            end += entry.size
            count += 1
        }
        return (Array(bytes[start..<end]), count)
    }

    /// Says that a push is on its way with `count` entries, or with none any more.
    mutating func isSending(_ count: Int) {
        sending = count
    }

    /// Says that the backend was given `count` more entries.
    mutating func markSent(_ count: Int) {
        sent += count
    }

    /// Says that everything the backend was given is committed.
    ///
    /// - Returns: The own requests among it.
    mutating func commitSent(through: UInt64) -> [Request] {
        let done = commit(count: sent)
        guard entries.isEmpty else { return done }
        committed.skip(to: Swift.max(through, committed.lastIndex))
        speculative.skip(to: committed.lastIndex)
        return done
    }

    /// Says that the entries through an index are committed.
    ///
    /// - Returns: The own requests among them.
    mutating func commit(through: UInt64) -> [Request] {
        commit(count: entries[..<sent].prefix { $0.index <= through }.count)
    }

    private mutating func commit(count: Int) -> [Request] {
        let done = entries[..<count].compactMap(\.request)
        let size = entries[..<count].reduce(0) { $0 + $1.size }
        if count == entries.count {
            committed = speculative
        } else {
            advance(entries[..<count])
        }
        entries.removeFirst(count)
        bytes.removeFirst(size)
        sent -= count
        return done
    }

    private mutating func advance(_ entries: ArraySlice<Entry>) {
        var results = Writer()
        var offset = 0
        bytes.withUnsafeBytes { buffer in
            for entry in entries {
                let end = offset + entry.size
                committed.skip(to: entry.index - 1)
                committed.apply(
                    block: UnsafeRawBufferPointer(rebasing: buffer[offset..<end]), count: 1,
                    first: entry.index, results: &results)
                offset = end
                results.removeAll()
            }
        }
    }
}
