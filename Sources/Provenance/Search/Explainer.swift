/// Explains replies of one machine from its log.
///
///     let trace = Trace(start: machine, inputs: calls, question: call)
///     let explanation = Explainer(trace).why()
///     explanation.witnesses          // [[3], [1, 2]]: call 3 alone, or 1 and 2 together
///
/// The log of an object is its trace: nothing else is needed.
public struct Explainer<M: Machine>: Sendable {
    /// How much work an answer may cost.
    public struct Limits: Sendable, Hashable {
        /// Relevant calls up to which all subsets are tried, at most 20; each doubles the work.
        public var exact = 16

        /// Steps of the machine that tests beyond that may take.
        public var steps = 4_000_000

        /// Makes the limits.
        public init(exact: Int = 16, steps: Int = 4_000_000) {
            self.exact = min(max(0, exact), SubsetTable.positionsMax)
            self.steps = max(0, steps)
        }
    }

    /// What is explained.
    public let trace: Trace<M>

    /// How much work an answer may cost.
    public let limits: Limits

    let output: M.Output

    /// Prepares to explain the reply to the trace's question.
    ///
    /// Costs one replay.
    public init(_ trace: Trace<M>, limits: Limits = Limits()) {
        self.trace = trace
        self.limits = limits
        output = trace.reply
    }

    /// Why the question was answered as it was.
    ///
    /// Two to the number of relevant calls in replays if they are within the limit; otherwise the
    /// calls behind the last overwrites are searched, and the verdict says what that shows.
    public func why(_ mode: ExplanationMode = .exact) -> Explanation<M.Output> {
        let whole = Slice(of: trace, stopsAtBarriers: false).positions
        guard mode != .latest, whole.count <= limits.exact else {
            return mode == .faithful ? faithful(of: whole) : latest(of: whole)
        }
        let table = SubsetTable(of: trace, over: whole) { $0 == output }
        let masks = mode == .faithful ? table.minimalFaithful : table.minimalClosed
        return Explanation(
            output: output, verdict: masks == [0] ? .noCause : .exact,
            witnesses: masks.map(table.positions), necessary: table.positions(in: table.necessary),
            considered: whole, count: trace.inputs.count)
    }

    /// The witness that the latest overwrites give, if its calls replay as they did; else all calls
    /// that can matter, or all there are, which is more than is needed.
    private func faithful(of whole: [Int]) -> Explanation<M.Output> {
        let found = latest(of: whole)
        let recorded = trace.replies()
        let candidates = found.witnesses + [whole, Array(1..<trace.inputs.count + 1)]
        guard let first = candidates.first(where: { isFaithful($0, to: recorded) }),
            first != found.witnesses.first
        else { return found }
        return Explanation(
            output: output, verdict: .overApproximation, witnesses: [first],
            necessary: found.necessary, considered: whole, count: trace.inputs.count)
    }

    private func isFaithful(_ positions: [Int], to recorded: [M.Output?]) -> Bool {
        var machine = trace.start
        return positions.allSatisfy { machine.step(trace.inputs[$0 - 1]) == recorded[$0 - 1] }
    }

    private func latest(of whole: [Int]) -> Explanation<M.Output> {
        var search = LatestSearch(trace: trace, whole: whole, output: output, limits: limits)
        let (witness, verdict) = search.run()
        return Explanation(
            output: output, verdict: verdict, witnesses: [witness],
            necessary: search.necessary(of: witness), considered: whole,
            count: trace.inputs.count)
    }
}
