/// Which links remain, of five nodes or of three.
enum Topology: Sendable {
    /// Every node reaches only one, which did not lead.
    case hub
    /// The leader is cut off, and only a node whose log is behind reaches a quorum.
    case constrained
    /// Each node reaches its two neighbours in a row.
    case chain
    /// Majorities that overlap: 1 2 3, 2 3 5, 4 5, 1 4.
    case overlapping
    /// Each node reaches two others, in a ring.
    case ring
    /// Two sides that one node connects.
    case bridge
    /// The leader hears the others, and they do not hear it.
    case leaderIsMute
    /// The others hear the leader, and it does not hear them.
    case leaderIsDeaf
    /// A follower is not heard by the others.
    case followerIsMute

    /// The links that are lost; `order` begins with the leader.
    func lost(_ order: [Int]) -> [Fault.Line] {
        switch self {
        case .leaderIsMute: return order.dropFirst().map { Fault.Line(from: order[0], to: $0) }
        case .leaderIsDeaf: return order.dropFirst().map { Fault.Line(from: $0, to: order[0]) }
        case .followerIsMute:
            return order.filter { $0 != order[1] }.map { Fault.Line(from: order[1], to: $0) }
        default: break
        }
        var lines: [Fault.Line] = []
        for (a, from) in order.enumerated() {
            for (b, to) in order.enumerated() where a != b && !joins(min(a, b), max(a, b), order) {
                lines.append(Fault.Line(from: from, to: to))
            }
        }
        return lines
    }

    /// Whether the nodes at these places of the order, the lower one first, reach each other.
    private func joins(_ a: Int, _ b: Int, _ order: [Int]) -> Bool {
        switch self {
        case .hub: b == 1 || a == 1
        case .constrained: a != 0 && a == 1
        case .chain: b == a + 1
        case .overlapping:
            [[0, 1], [0, 2], [1, 2], [1, 4], [2, 4], [3, 4], [0, 3]].contains([a, b])
        case .ring: b == a + 1 || a == 0 && b == order.count - 1
        case .bridge: a == 2 || b == 2 || (a < 2) == (b < 2)
        case .leaderIsMute, .leaderIsDeaf, .followerIsMute: true
        }
    }
}
