/// The right to write: whoever holds the highest ballot of an object owns it.
@frozen
public struct Ballot: Sendable, Hashable {
    /// Rises with each attempt to own; compared first.
    public let round: UInt64

    /// The node that proposes with it; no two nodes share one.
    public let node: UInt64

    /// Makes a ballot.
    @inlinable
    public init(round: UInt64, node: UInt64) {
        self.round = round
        self.node = node
    }
}

extension Ballot: Comparable {
    /// Orders by round, then by node.
    @inlinable
    public static func < (left: Ballot, right: Ballot) -> Bool {
        (left.round, left.node) < (right.round, right.node)
    }
}

extension Ballot: CustomStringConvertible {
    /// The ballot as `round.node`.
    public var description: String { "\(round).\(node)" }
}
