extension Explainer {
    /// Why the question was not answered by something else: what would have had to be missing.
    ///
    /// Up to the limit of calls all subsets are tried; beyond it single calls are left out.
    public func whyNot(_ expected: (M.Output) -> Bool) -> Contrast<M.Output> {
        let whole = Slice(of: trace, stopsAtBarriers: false).positions
        if whole.count <= limits.exact {
            let table = SubsetTable(of: trace, over: whole, expected)
            let masks = table.minimalDeletions
            return Contrast(
                output: output, verdict: masks.isEmpty ? .noCause : .exact,
                deletions: masks.map(table.positions))
        }
        guard whole.count * whole.count <= limits.steps else {
            return Contrast(output: output, verdict: .overApproximation, deletions: [])
        }
        let single = whole.filter { call in
            expected(trace.reply(after: whole.lazy.filter { $0 != call }))
        }
        return Contrast(output: output, verdict: .tested, deletions: single.map { [$0] })
    }

    /// Why the question was not answered by `expected`.
    public func whyNot(_ expected: M.Output) -> Contrast<M.Output> {
        whyNot { $0 == expected }
    }

    /// Explains what `probe`, a call that only reads, would have been told after the first `index`
    /// calls.
    public func whyState(
        at index: Int, probe: M.Input, _ mode: ExplanationMode = .exact
    ) -> Explanation<M.Output> {
        let prefix = Array(trace.inputs.prefix(max(0, index)))
        let past = Trace(start: trace.start, inputs: prefix, question: probe)
        return Explainer(past, limits: limits).why(mode)
    }

    /// Which replies would be others without the calls at `removed`.
    ///
    /// Costs two replays.
    public func diff(without removed: Set<Int>) -> [Difference<M.Output>] {
        let real = trace.replies()
        let other = trace.replies(without: removed)
        return real.indices.compactMap { index in
            guard let before = real[index], let after = other[index], before != after else {
                return nil
            }
            let isQuestion = index == trace.inputs.count
            return Difference(position: isQuestion ? nil : index + 1, real: before, other: after)
        }
    }

    /// The replies, of later calls and of the question, that the call at `position` changed.
    public func impact(of position: Int) -> [Difference<M.Output>] { diff(without: [position]) }
}

/// A reply that would be another if some calls were missing.
public struct Difference<Output: Hashable & Sendable>: Sendable, Hashable {
    /// The call, counted from 1; nil for the question.
    public let position: Int?

    /// The reply that was given.
    public let real: Output

    /// The reply without the missing calls.
    public let other: Output
}
