/// A rule of thumb for one machine: the calls that explain a reply, without any search.
///
/// A rule answers one canonical witness: the latest. It must suffice and be closed; it need not be
/// minimal where values repeat ("the most recent write" is no cause of a value that was there
/// before it), which is why ``Explainer`` gives up what it can afterwards. ``RuleCheck`` compares
/// a rule with the definition.
public protocol ProvenanceRule<M> {
    /// The machine.
    associatedtype M: Machine

    /// Positions, from 1 and rising, of calls that explain the reply to the trace's question.
    static func witness(of trace: Trace<M>) -> [Int]
}

/// The rule that the declared footprints make: the slice up to the last overwrites.
public enum FootprintRule<M: Machine>: ProvenanceRule {
    /// The slice.
    public static func witness(of trace: Trace<M>) -> [Int] {
        Slice(of: trace, stopsAtBarriers: true).positions
    }
}
