/// Whether a history is linearizable.
public enum Verdict: Sendable, CustomStringConvertible {
    /// Each operation can have taken effect at one instant between its call and its return.
    case linearizable
    /// No such instants exist.
    case violation(Explanation)
    /// The search was given up: nobody knows. The sentence says where, and what to do.
    case undecided(String)

    /// Whether the history is known to be linearizable.
    public var isLinearizable: Bool {
        if case .linearizable = self { return true }
        return false
    }

    /// The verdict in words; a violation with its drawing.
    public var description: String {
        switch self {
        case .linearizable: "linearizable"
        case .violation(let explanation): explanation.text
        case .undecided(let reason): "undecided: \(reason)"
        }
    }
}

extension Model {
    /// Judges a history, each key by itself.
    ///
    /// A history is linearizable if and only if that of each key is (Herlihy and Wing 1990). A step
    /// is one question to the model; beyond `stepsPerKey` of them a key is left undecided, unless
    /// another key is a violation. Memory grows with the steps, by at most some 100 bytes each.
    public func check(
        _ history: History<Input, Output>, stepsPerKey: Int = 5_000_000
    ) -> Verdict {
        var undecided: String?
        for (key, positions) in partition(history) {
            let name = Key.self == SingleKey.self ? nil : "\(key)"
            let numbered = NumberedModel(self)
            let part = numbered.part(of: history, positions)
            var search = Search(part, numbered)
            switch search.run(limit: stepsPerKey) {
            case .placed: continue
            case .stuck(let deadEnd): return .violation(numbered.explain(deadEnd, key: name))
            case .exhausted:
                let place = name.map { " of key \($0)" } ?? ""
                undecided =
                    undecided ?? "the \(positions.count) operations\(place) need more than "
                    + "\(stepsPerKey) steps: allow more, or have fewer clients on each key"
            }
        }
        return undecided.map { .undecided($0) } ?? .linearizable
    }

    /// The positions of each key's operations by time, the keys in the order of their first call.
    private func partition(_ history: History<Input, Output>) -> [(Key, [Int])] {
        var parts: [(Key, [Int])] = []
        var numbers: [Key: Int] = [:]
        for position in history.positionsByTime {
            let key = key(of: history.operations[position].input)
            if let number = numbers[key] {
                parts[number].1.append(position)
            } else {
                numbers[key] = parts.count
                parts.append((key, [position]))
            }
        }
        return parts
    }
}

extension NumberedModel {
    /// The operations at these positions, for the search.
    func part(of history: History<M.Input, M.Output>, _ positions: [Int]) -> Part {
        Part(
            positions.map { position in
                let operation = history.operations[position]
                return Part.Item(
                    position: position, client: operation.client, call: operation.call,
                    end: operation.end, label: label(operation.input, operation.output))
            })
    }
}
