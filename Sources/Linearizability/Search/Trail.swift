/// The orders that a search tried, as a tree: each step knows the one before it.
struct Trail {
    typealias Step = Int

    private var steps: [(item: Int?, before: Step?)] = []
    /// How many items of known outcome each step has placed.
    private var depths: [Int] = []
    /// The step that got furthest, and the first return to which it could not give a place.
    private(set) var furthest: (step: Step, turn: Int, depth: Int) = (0, -1, 0)

    mutating func append(
        _ item: Int?, after before: Step?, turn: Int, isUnknown: Bool
    ) -> Step {
        let depth = (before.map { depths[$0] } ?? 0) + (isUnknown ? 0 : 1)
        steps.append((item, before))
        depths.append(depth)
        let step = steps.count - 1
        if (turn, depth) > (furthest.turn, furthest.depth) { furthest = (step, turn, depth) }
        return step
    }

    /// The items from the start through a step.
    func order(through step: Step) -> [Int] {
        var order: [Int] = []
        var next: Step? = step
        while let step = next {
            if let item = steps[step].item { order.append(item) }
            next = steps[step].before
        }
        return order.reversed()
    }
}

/// A search that tried everything.
struct DeadEnd {
    let part: Part
    let memory: Memory
    let trail: Trail

    /// The return beyond which no order leads.
    var turn: Int { trail.furthest.turn }
    /// The item that returns there.
    var item: Int { part.events[turn].item }
    /// The order that got furthest.
    var order: [Int] { trail.order(through: trail.furthest.step) }
}
