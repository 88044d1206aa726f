/// Compares a rule with the definition, on traces small enough to try every subset.
///
/// Draw few keys and few values, the initial one among them, so that values repeat: rules of thumb
/// are right on unique values and wrong on repeated ones.
public struct RuleCheck<Rule: ProvenanceRule> {
    /// How a rule can be wrong.
    public enum Fault: String, Sendable, Hashable, CaseIterable {
        /// The witness, replayed alone, gives another reply.
        case insufficient
        /// Some larger part of the log gives another reply.
        case notClosed
        /// Some call in it is not needed.
        case notMinimal
        /// It names a position that is not before the question, or not in order.
        case misplaced
        /// Unrelated calls before, between or behind change the answer.
        case padded
        /// Asked twice, it answers differently.
        case unsteady
    }

    /// A trace on which the rule is wrong.
    public struct Counterexample: Sendable {
        /// How it is wrong.
        public let fault: Fault
        /// The trace.
        public let trace: Trace<Rule.M>
        /// What the rule answered.
        public let witness: [Int]
    }

    private let unrelated: Rule.M.Input?

    /// Prepares a check.
    ///
    /// `unrelated` is a call that shares no cell with any that will be drawn.
    public init(_ rule: Rule.Type, unrelated: Rule.M.Input? = nil) {
        self.unrelated = unrelated
    }

    /// Every way in which the rule is wrong on one trace of at most 12 calls.
    public func faults(on trace: Trace<Rule.M>) -> [Counterexample] {
        let witness = Rule.witness(of: trace)
        func found(_ fault: Fault) -> Counterexample {
            Counterexample(fault: fault, trace: trace, witness: witness)
        }
        guard zip(witness, witness.dropFirst()).allSatisfy(<),
            witness.allSatisfy({ (1...max(1, trace.inputs.count)).contains($0) }),
            witness.count <= trace.inputs.count
        else { return [found(.misplaced)] }
        var faults = verdicts(on: trace, witness).map(found)
        if Rule.witness(of: trace) != witness { faults.append(found(.unsteady)) }
        if !isSame(witness, padding: trace) { faults.append(found(.padded)) }
        return faults
    }

    private func verdicts(on trace: Trace<Rule.M>, _ witness: [Int]) -> [Fault] {
        let output = trace.reply
        let table = SubsetTable(of: trace, over: Array(1..<trace.inputs.count + 1)) { $0 == output }
        let mask = table.mask(of: witness)
        if !table.holds[mask] { return [.insufficient] }
        if !table.closed[mask] { return [.notClosed] }
        return table.latest(below: mask) == mask ? [] : [.notMinimal]
    }

    /// Puts the unrelated call around every call: call `i` moves to `2i`.
    private func isSame(_ witness: [Int], padding trace: Trace<Rule.M>) -> Bool {
        guard let unrelated else { return true }
        let inputs = trace.inputs.flatMap { [unrelated, $0] } + [unrelated]
        let padded = Trace(start: trace.start, inputs: inputs, question: trace.question)
        return Rule.witness(of: padded) == witness.map { 2 * $0 }
    }
}
