/// A model with numbers for states and labels, so that the search needs to know no types.
protocol Automaton: AnyObject {
    /// The number of the state after an operation, or nil if that state does not allow it.
    func step(_ state: Int, _ label: Int) -> Int?

    /// Whether an operation changes no state that allows it.
    func isReadOnly(_ label: Int) -> Bool
}

/// A question that was put to a model.
private struct Step: Hashable {
    let state: Int
    let label: Int
}

/// Gives numbers to the states of a model as they appear, the initial one being 0, and remembers
/// each step.
final class NumberedModel<M: Model>: Automaton {
    private struct Label: Hashable {
        let input: M.Input
        let output: M.Output?
    }

    let model: M
    private(set) var states: [M.State]
    private var stateNumbers: [M.State: Int]
    private var labels: [Label] = []
    private var labelNumbers: [Label: Int] = [:]
    private var readOnly: [Bool] = []
    private var steps: [Step: Int?] = [:]

    init(_ model: M) {
        self.model = model
        states = [model.initial]
        stateNumbers = [model.initial: 0]
    }

    /// The number of an input with this output, or with an unknown one.
    func label(_ input: M.Input, _ output: M.Output?) -> Int {
        let label = Label(input: input, output: output)
        if let number = labelNumbers[label] { return number }
        labels.append(label)
        readOnly.append(model.isReadOnly(input, output))
        labelNumbers[label] = labels.count - 1
        return labels.count - 1
    }

    func step(_ state: Int, _ label: Int) -> Int? {
        let step = Step(state: state, label: label)
        if let known = steps[step] { return known }
        let (input, output) = (labels[label].input, labels[label].output)
        let next = model.step(states[state], input, output).map(number)
        precondition(
            next == nil || next == state || !isReadOnly(label),
            "the model says that \(describe(label: label)) is read-only, but it changes the state")
        steps.updateValue(next, forKey: step)
        return next
    }

    func isReadOnly(_ label: Int) -> Bool { readOnly[label] }

    /// An operation of this label in a few words.
    func describe(label: Int) -> String {
        model.describe(labels[label].input, labels[label].output)
    }

    /// A state in a few words.
    func describe(state: Int) -> String { model.describe(state: states[state]) }

    private func number(_ state: M.State) -> Int {
        if let number = stateNumbers[state] { return number }
        states.append(state)
        stateNumbers[state] = states.count - 1
        return states.count - 1
    }
}
