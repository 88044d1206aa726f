/// A replica of any type of object.
protocol AnyReplica: Sendable {
    var lastIndex: UInt64 { get }
    mutating func apply(
        block: UnsafeRawBufferPointer, count: Int, first: UInt64, results: inout Writer)
    func read(_ bytes: UnsafeRawBufferPointer, result: inout Writer)
}

extension ObjectReplica: AnyReplica {}

/// The log of one object: what is committed, and the branch of the owner above it.
struct LocalLog: Sendable {
    /// Entries pushed together and not committed.
    struct Piece: Sendable {
        let ballot: Ballot
        let bytes: [UInt8]
        let count: Int
        /// Whether a pull finds them: they reached a minority, not only their proposer.
        var isStranded: Bool
    }

    var replica: any AnyReplica
    private(set) var owner = Ballot(round: 0, node: 0)
    private(set) var pieces: [Piece] = []
    /// What is committed, as far as it is kept.
    private(set) var committed: [CommittedBlock] = []

    /// The number of entries that are not committed.
    var pendingCount: Int { pieces.reduce(0) { $0 + $1.count } }

    /// Makes somebody the owner, who adopts what can be found.
    mutating func takeOver(_ ballot: Ballot) {
        precondition(ballot > owner, "ballots rise")
        owner = ballot
        pieces = Array(pieces.prefix { $0.isStranded })
    }

    /// What the owner adopted.
    var inherited: [EntryBlock] {
        var first = replica.lastIndex + 1
        return pieces.map { piece in
            defer { first += UInt64(piece.count) }
            return EntryBlock(first: first, count: piece.count, bytes: piece.bytes)
        }
    }

    /// Appends the owner's entries.
    mutating func append(_ entries: [UInt8], count: Int) {
        guard count > 0 else { return }
        pieces.append(Piece(ballot: owner, bytes: entries, count: count, isStranded: false))
    }

    /// Lets the whole branch reach a minority.
    mutating func strand() {
        for position in pieces.indices { pieces[position].isStranded = true }
    }

    /// Commits the branch, if its last entry is of the owner's ballot, as the protocol demands.
    ///
    /// - Returns: The records of the entries committed; nil if nothing may be.
    mutating func commit() -> [UInt8]? {
        if let last = pieces.last, last.ballot != owner { return nil }
        return commit(count: pendingCount)
    }

    /// Commits the first entries of the branch.
    mutating func commit(count: Int) -> [UInt8] {
        var left = min(count, pendingCount)
        var results = Writer()
        while left > 0 {
            let piece = pieces.removeFirst()
            let taken = min(left, piece.count)
            let size = Self.size(of: taken, in: piece.bytes)
            committed.append(
                CommittedBlock(
                    ballot: piece.ballot,
                    entries: EntryBlock(
                        first: replica.lastIndex + 1, count: taken,
                        bytes: Array(piece.bytes[..<size]))))
            piece.bytes.withUnsafeBytes { bytes in
                replica.apply(
                    block: UnsafeRawBufferPointer(rebasing: bytes[..<size]), count: taken,
                    first: replica.lastIndex + 1, results: &results)
            }
            left -= taken
            guard taken < piece.count else { continue }
            let rest = Piece(
                ballot: piece.ballot, bytes: Array(piece.bytes[size...]),
                count: piece.count - taken, isStranded: piece.isStranded)
            pieces.insert(rest, at: 0)
        }
        return results.bytes
    }

    /// Gives up the blocks that end at `index` or before.
    mutating func trim(through index: UInt64) {
        committed.removeAll { $0.entries.first + UInt64($0.entries.count) <= index + 1 }
    }

    /// What is committed from an index on.
    func part(from index: UInt64) -> CommittedPart {
        let start = committed.first?.entries.first ?? replica.lastIndex + 1
        guard index >= start else { return .trimmed(first: start) }
        return .blocks(committed.filter { $0.entries.first + UInt64($0.entries.count) > index })
    }

    /// The bytes that the first `count` entries of a block take.
    private static func size(of count: Int, in bytes: [UInt8]) -> Int {
        var offset = 0
        for _ in 0..<count {
            let payload = bytes[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
            offset += payload + Entries.headSize
        }
        return offset
    }
}
