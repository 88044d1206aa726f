internal import ADO

/// The highest fencing token that an object has seen.
///
/// A lock gives each grant a token above all before. Whoever writes under the lock sends its token
/// along, and an object that has seen a higher one refuses: the writer lost the lock meanwhile,
/// though it may not know. Token 0 is that of writers without a lock, who are let in for as long
/// as nobody has come with one.
struct Fence: Sendable, Hashable {
    private(set) var highest: UInt64 = 0

    /// Whether a writer with this token may write; if so, nobody below it may from now on.
    mutating func admits(_ token: UInt64) -> Bool {
        guard token >= highest else { return false }
        highest = token
        return true
    }
}

extension Fence: BinaryCodable {
    func write(to writer: inout Writer) { highest.write(to: &writer) }

    static func read(from reader: inout Reader) throws(DecodingFailure) -> Fence {
        Fence(highest: try .read(from: &reader))
    }
}
