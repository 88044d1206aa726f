/// The search for an order of one key's operations that the model allows (Wing and Gong 1993), with
/// a memory of configurations (Lowe 2017), on a stack of its own.
///
/// An operation is placed just in time: when the first return that is left is its own, or to make
/// that one possible. Five rules cut the choices down; docs/internals/linearizability.md says why
/// none of them loses an order.
struct Search {
    enum Ending {
        /// An order of all operations that returned, and of some of unknown outcome.
        case placed([Int])
        case stuck(DeadEnd)
        case exhausted
    }

    /// An item that may come next, and the state after it.
    private struct Choice {
        let item: Int
        let state: Int
    }

    private struct Frame {
        /// The item that was placed to get here; nil at the start.
        let item: Int?
        let configuration: Configuration
        /// The unknown outcomes that have a place.
        let spent: Bits
        /// The state before the item, if its outcome is unknown: what comes next must notice it.
        let unnoticed: Int?
        let step: Trail.Step
        var stage = Stage.fresh
        /// What is left to choose from, the best last.
        var choices: [Choice] = []
    }

    private enum Stage {
        case fresh
        /// The item whose turn it is was tried; the others come next.
        case turnTried
        /// All that is left is in `choices`.
        case ranked
    }

    private let part: Part
    private let automaton: any Automaton
    private var list: EventList
    private var stack: [Frame] = []
    private var memory = Memory()
    private var trail = Trail()
    private var trials = 0

    init(_ part: Part, _ automaton: any Automaton) {
        self.part = part
        self.automaton = automaton
        list = EventList(part)
    }

    /// Searches until there is an order, or cannot be, or more than `limit` steps were tried.
    mutating func run(limit: Int) -> Ending {
        let start = Configuration(
            turn: nextTurn(from: 0), placed: Bits(capacity: part.slotCount), state: 0)
        if start.turn == part.events.count { return .placed([]) }
        enter(start, spent: Bits(capacity: part.unknown.count), placing: nil)
        while let top = stack.indices.last {
            guard let choice = nextChoice(at: top) else {
                leave()
                continue
            }
            if steps > limit { return .exhausted }
            let (next, spent) = follow(choice, from: stack[top])
            if next.turn == part.events.count {
                return .placed(trail.order(through: stack[top].step) + [choice.item])
            }
            enter(next, spent: spent, placing: choice.item)
        }
        return .stuck(DeadEnd(part: part, memory: memory, trail: trail))
    }

    /// What the search has cost: trials of the model, and comparisons in memory.
    private var steps: Int { trials + memory.comparisons }

    // MARK: Moves

    private mutating func enter(_ next: Configuration, spent: Bits, placing item: Int?) {
        let isPriced = !part.unknown.isEmpty
        guard memory.enters(next, spent: spent, isPriced: isPriced) else { return }
        let isUnknown = item.map { part.items[$0].end == nil } ?? false
        let step = trail.append(
            item, after: stack.last?.step, turn: next.turn, isUnknown: isUnknown)
        if let item, !isUnknown {
            list.lift(part.calls[item], part.returns[item])
        }
        let unnoticed = isUnknown ? stack.last?.configuration.state : nil
        stack.append(
            Frame(
                item: item, configuration: next, spent: spent, unnoticed: unnoticed, step: step))
    }

    private mutating func leave() {
        guard let item = stack.removeLast().item, part.items[item].end != nil else { return }
        list.putBack(part.calls[item], part.returns[item])
    }

    private func follow(_ choice: Choice, from frame: Frame) -> (Configuration, spent: Bits) {
        var (next, spent) = (frame.configuration, frame.spent)
        next.state = choice.state
        if part.items[choice.item].end == nil {
            spent.insert(part.slots[choice.item])
        } else if part.returns[choice.item] == next.turn {
            advance(&next)
        } else {
            next.placed.insert(part.slots[choice.item])
        }
        return (next, spent)
    }

    /// Gives the turn to the first return whose operation has no place.
    private func advance(_ configuration: inout Configuration) {
        repeat {
            configuration.turn = nextTurn(from: configuration.turn + 1)
            guard configuration.turn < part.events.count else { return }
            let slot = part.slots[part.events[configuration.turn].item]
            guard configuration.placed.contains(slot) else { return }
            configuration.placed.remove(slot)
        } while true
    }

    /// The first return at `place` or later; the number of events if there is none.
    private func nextTurn(from place: Int) -> Int {
        part.events[min(place, part.events.count)...].firstIndex { $0.isReturn }
            ?? part.events.count
    }

    // MARK: Choices

    /// The next item to try at a frame: the one that must come now; else the one whose turn it is;
    /// else one that makes that one possible; else any.
    private mutating func nextChoice(at top: Int) -> Choice? {
        switch stack[top].stage {
        case .fresh: return firstChoice(at: top)
        case .turnTried:
            rank(returningChoices(at: stack[top]).filter { !isTurn($0, at: top) }, at: top)
        case .ranked: break
        }
        return stack[top].choices.popLast()
    }

    private mutating func firstChoice(at top: Int) -> Choice? {
        let legal = returningChoices(at: stack[top])
        // What only reads and is legal now can just as well happen now: no other choice.
        if let forced = legal.first(where: { isReadOnly($0.item) }) {
            stack[top].stage = .ranked
            return forced
        }
        if let turn = legal.first(where: { isTurn($0, at: top) }) {
            stack[top].stage = .turnTried
            return turn
        }
        rank(legal, at: top)
        return stack[top].choices.popLast()
    }

    private func isReadOnly(_ item: Int) -> Bool {
        automaton.isReadOnly(part.items[item].label)
    }

    private func isTurn(_ choice: Choice, at top: Int) -> Bool {
        part.returns[choice.item] == stack[top].configuration.turn
    }

    /// Sorts what is left: first what allows the item whose turn it is; unknown outcomes, of which
    /// there may be too few later, after all others.
    private mutating func rank(_ legal: [Choice], at top: Int) {
        let turn = part.events[stack[top].configuration.turn].item
        var ranked: [Choice] = []
        for group in [legal, unknownChoices(at: stack[top])] {
            let isHelpful = group.map { step($0.state, turn) != nil }
            ranked += zip(group, isHelpful).filter(\.1).map(\.0)
            ranked += zip(group, isHelpful).filter { !$0.1 }.map(\.0)
        }
        stack[top].choices = ranked.reversed()
        stack[top].stage = .ranked
    }

    /// The items with a known outcome that may come next.
    private mutating func returningChoices(at frame: Frame) -> [Choice] {
        var choices: [Choice] = []
        var place = list.first
        while let call = place, call < frame.configuration.turn {
            let item = part.events[call].item
            if isFree(item, at: frame), let state = noticingStep(frame, item) {
                choices.append(Choice(item: item, state: state))
            }
            place = list.after(call)
        }
        return choices
    }

    /// The items of unknown outcome that may come next and would change something.
    private mutating func unknownChoices(at frame: Frame) -> [Choice] {
        var choices: [Choice] = []
        trials += part.unknown.count / 64
        for item in part.unknown {
            guard part.calls[item] < frame.configuration.turn else { break }
            guard !frame.spent.contains(part.slots[item]), isFree(item, at: frame),
                let state = noticingStep(frame, item),
                state != frame.configuration.state
            else { continue }
            choices.append(Choice(item: item, state: state))
        }
        return choices
    }

    /// Whether all that must come before an item has a place.
    private func isFree(_ item: Int, at frame: Frame) -> Bool {
        if let predecessor = part.predecessors[item], !isPlaced(predecessor, at: frame) {
            return false
        }
        return part.twins[item].map { isPlaced($0, at: frame) } ?? true
    }

    private func isPlaced(_ item: Int, at frame: Frame) -> Bool {
        let slot = part.slots[item]
        if part.items[item].end == nil { return frame.spent.contains(slot) }
        let configuration = frame.configuration
        return part.returns[item] < configuration.turn || configuration.placed.contains(slot)
    }

    /// The state after an item that notices what was placed just before.
    ///
    /// If it would do the same without an unknown outcome there, that one can be left out.
    private mutating func noticingStep(_ frame: Frame, _ item: Int) -> Int? {
        guard let next = step(frame.configuration.state, item) else { return nil }
        if let unnoticed = frame.unnoticed, step(unnoticed, item) == next { return nil }
        return next
    }

    private mutating func step(_ state: Int, _ item: Int) -> Int? {
        trials += 1
        return automaton.step(state, part.items[item].label)
    }
}
