/// Replays all subsets of a few calls as one tree: at each call a copy of the machine goes on
/// without it, and the machine goes on with it.
///
/// So a subset costs one step, not one per call.
struct SubsetWalk<M: Machine> {
    private let trace: Trace<M>
    private let order: [Step]
    private let recorded: [M.Output?]

    private struct Step {
        let position: Int
        let bit: Int?
    }

    init(trace: Trace<M>, positions: [Int], fixed: Set<Int>) {
        self.trace = trace
        let chosen = positions.enumerated().map { Step(position: $1, bit: $0) }
        let always = fixed.map { Step(position: $0, bit: nil) }
        order = (chosen + always).sorted { $0.position < $1.position }
        recorded = trace.replies()
    }

    /// What one way from the root decided so far.
    struct Way {
        var mask = 0
        var isFaithful = true
    }

    func run(_ visit: (_ way: Way, _ reply: M.Output) -> Void) {
        go(on: trace.start, at: 0, Way(), visit)
    }

    private func go(on machine: M, at index: Int, _ way: Way, _ visit: (Way, M.Output) -> Void) {
        var machine = machine
        guard index < order.count else {
            visit(way, machine.step(trace.question))
            return
        }
        let step = order[index]
        if step.bit != nil { go(on: machine, at: index + 1, way, visit) }
        var way = way
        if let bit = step.bit { way.mask |= 1 << bit }
        if machine.step(trace.inputs[step.position - 1]) != recorded[step.position - 1] {
            way.isFaithful = false
        }
        go(on: machine, at: index + 1, way, visit)
    }
}
