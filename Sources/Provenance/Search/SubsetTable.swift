/// What every subset of a few calls answers, found by replaying all of them.
///
/// A subset is a mask: bit `i` stands for the call at `positions[i]`. The table costs one copy of
/// the machine and one step for each of the 2^n subsets, and a byte each.
struct SubsetTable {
    /// More calls than this are never tabulated: a million replays.
    static let positionsMax = 20

    let positions: [Int]

    /// Whether a subset gives the reply.
    let holds: [Bool]

    /// Whether it and every subset that contains it does.
    let closed: [Bool]

    /// Whether every call in a subset also gave the reply that it really gave.
    let faithful: [Bool]

    var all: Int { holds.count - 1 }

    /// Replays every subset of `positions`, together with the calls at `fixed`, which are in all of
    /// them.
    ///
    /// Both rise and have nothing in common.
    init<M: Machine>(
        of trace: Trace<M>, over positions: [Int], with fixed: Set<Int> = [],
        _ satisfies: (M.Output) -> Bool
    ) {
        precondition(positions.count <= Self.positionsMax, "a table of this size takes too long")
        self.positions = positions
        var holds = Array(repeating: false, count: 1 << positions.count)
        var faithful = holds
        SubsetWalk(trace: trace, positions: positions, fixed: fixed).run { way, reply in
            holds[way.mask] = satisfies(reply)
            faithful[way.mask] = way.isFaithful
        }
        self.holds = holds
        self.faithful = faithful
        closed = Self.closed(holds, over: positions.count)
    }

    /// A subset is closed if it holds, and each that has one call more is closed.
    private static func closed(_ holds: [Bool], over count: Int) -> [Bool] {
        var closed = holds
        for bit in 0..<count {
            for mask in closed.indices where mask & 1 << bit == 0 && !closed[mask | 1 << bit] {
                closed[mask] = false
            }
        }
        return closed
    }

    /// The subsets that are closed and lose that by any call that is taken from them.
    var minimalClosed: [Int] {
        closed.indices.filter { mask in
            closed[mask]
                && positions.indices.allSatisfy { bit in
                    mask & 1 << bit == 0 || !closed[mask ^ 1 << bit]
                }
        }
    }

    /// The subsets that are closed and faithful, and contain no smaller one that is.
    var minimalFaithful: [Int] {
        Self.minimal(closed.indices.filter { closed[$0] && faithful[$0] })
    }

    /// The calls without any one of which the reply is another.
    var necessary: Int {
        positions.indices.reduce(0) { mask, bit in
            holds[all ^ 1 << bit] ? mask : mask | 1 << bit
        }
    }

    /// The smallest sets of calls without which, and with all others, the reply is given.
    var minimalDeletions: [Int] {
        Self.minimal(holds.indices.filter { holds[$0] }.map { all ^ $0 })
    }

    /// One closed subset that loses that by any call that is taken from it: the oldest are given up
    /// first, so that the latest cause is left.
    ///
    /// `mask` must be closed.
    func latest(below mask: Int) -> Int {
        positions.indices.reduce(mask) { mask, bit in
            mask & 1 << bit != 0 && closed[mask ^ 1 << bit] ? mask ^ 1 << bit : mask
        }
    }

    /// The positions in a subset.
    func positions(in mask: Int) -> [Int] {
        positions.indices.filter { mask & 1 << $0 != 0 }.map { positions[$0] }
    }

    /// The subset of the given positions.
    func mask(of chosen: some Sequence<Int>) -> Int {
        let chosen = Set(chosen)
        return positions.indices.reduce(0) { mask, bit in
            chosen.contains(positions[bit]) ? mask | 1 << bit : mask
        }
    }

    /// Those masks that contain no other of them.
    private static func minimal(_ masks: [Int]) -> [Int] {
        var found: [Int] = []
        for mask in masks.sorted(by: { ($0.nonzeroBitCount, $0) < ($1.nonzeroBitCount, $1) }) {
            if !found.contains(where: { $0 & mask == $0 }) { found.append(mask) }
        }
        return found
    }
}
