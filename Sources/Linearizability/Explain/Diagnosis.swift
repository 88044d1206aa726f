extension DeadEnd {
    /// The configurations in which the item without a place was called, and everything that
    /// returned before its call has a place.
    private var near: [Configuration] {
        memory.entered.keys.filter { $0.turn > part.calls[item] }
    }

    private func isPlaced(_ configuration: Configuration) -> Bool {
        configuration.placed.contains(part.slots[item])
    }

    /// The states that the item could meet, whatever the order.
    var states: [Int] {
        Set(near.filter { !isPlaced($0) }.map(\.state)).sorted()
    }

    /// The item that has no place wherever the one without a place is given one; of several the
    /// last to return.
    var rival: Int? {
        let turn = near.filter { isPlaced($0) }.map(\.turn).max()
        return turn.map { part.events[$0].item }
    }

    /// The items that overlap the one without a place, and that one, by call.
    var window: [Int] {
        part.items.indices.filter {
            part.calls[$0] < turn && part.returns[$0] > part.calls[item]
        }
    }
}

extension NumberedModel {
    /// Says why there is no order, and gathers what is worth drawing.
    func explain(_ deadEnd: DeadEnd, key: String?) -> Explanation {
        let items = deadEnd.part.items
        let sentence = sentence(for: deadEnd)
        let unplaceable = [deadEnd.item] + (deadEnd.rival.map { [$0] } ?? [])
        return Explanation(
            key: key.map { clean($0, limit: 60) }, sentence: sentence,
            prefix: deadEnd.order.map { items[$0].position },
            unplaceable: unplaceable.map { items[$0].position },
            window: deadEnd.window.map { items[$0].position },
            drawing: drawing(
                of: deadEnd, unplaceable: unplaceable,
                title: key.map { "Key \(clean($0, limit: 60)): \(sentence)" } ?? sentence))
    }

    private func sentence(for deadEnd: DeadEnd) -> String {
        let item = deadEnd.part.items[deadEnd.item]
        let states = deadEnd.states
        let allowing = states.filter { step($0, item.label) != nil }
        if let rival = deadEnd.rival, !allowing.isEmpty {
            let needs = allowing.count == 1 ? "only the state" : "only the states"
            return "\(name(of: item)) has no place: \(needs) \(list(allowing)) would allow it, "
                + "and there it leaves no place for \(name(of: deadEnd.part.items[rival]))"
                + "\(allowance(for: deadEnd))."
        }
        let verdict = states.count == 1 ? "which does not allow it" : "and none allows it"
        let times = item.end.map { "from its call at \(item.call) to its return at \($0)" } ?? ""
        return "\(name(of: item)) has no place: \(times) the state can only be "
            + "\(list(states)), \(verdict)\(allowance(for: deadEnd))."
    }

    private func name(of item: Part.Item) -> String {
        "\(clean(describe(label: item.label), limit: 60)) of client \(item.client)"
    }

    /// At most four states; the number of the others.
    private func list(_ states: [Int]) -> String {
        var names = states.prefix(4).map { "\"\(clean(describe(state: $0), limit: 60))\"" }
        if states.count > names.count { names.append("\(states.count - names.count) others") }
        guard let last = names.popLast() else { return "none" }
        return names.isEmpty ? last : names.joined(separator: ", ") + " or " + last
    }

    /// That the unknown outcomes were thought of.
    private func allowance(for deadEnd: DeadEnd) -> String {
        let part = deadEnd.part
        let count = part.unknown.count { part.calls[$0] < deadEnd.turn }
        switch count {
        case 0: return ""
        case 1: return ", whether or not the operation of unknown outcome took effect"
        default: return ", whichever of the \(count) operations of unknown outcome took effect"
        }
    }
}
