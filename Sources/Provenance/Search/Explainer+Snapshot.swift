public import ADO

extension Explainer {
    /// Whether the reply may depend on the state that the trace starts from, rather than on its
    /// calls alone.
    ///
    /// If not, it may be explained from a part of the log, whatever was before.
    public var dependsOnStart: Bool {
        Slice(of: trace, stopsAtBarriers: true).reachesStart
    }

    /// The cells of the state that the trace starts from on which the reply may depend; nil for any
    /// of it.
    public var cellsOfStart: [Cell]? {
        Slice(of: trace, stopsAtBarriers: true).needed.list
    }

    /// A witness whatever the state is that the trace starts from, where the reply does not depend
    /// on it: a call that wrote what was there already is in it, as it need not have been there.
    public func whyWhateverBefore() -> Explanation<M.Output> {
        let whole = Slice(of: trace, stopsAtBarriers: false).positions
        var search = LatestSearch(
            trace: trace, whole: whole, output: output, limits: limits, startsAnywhere: true)
        let (witness, verdict) = search.run()
        return Explanation(
            output: output, verdict: verdict, witnesses: [witness], necessary: nil,
            considered: whole, count: trace.inputs.count)
    }

    /// What can be said where the state that the trace starts from is not known, and the reply may
    /// depend on it: the calls that may have had a part in it since.
    public func whySinceStart() -> Explanation<M.Output> {
        let slice = Slice(of: trace, stopsAtBarriers: true).positions
        return Explanation(
            output: output, verdict: .overApproximation, witnesses: [slice], necessary: nil,
            considered: slice, count: trace.inputs.count)
    }
}
