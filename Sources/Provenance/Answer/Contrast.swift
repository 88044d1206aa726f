/// Why a call did not return something else: the smallest sets of calls without which it would
/// have.
public struct Contrast<Output: Hashable & Sendable>: Sendable {
    /// The reply that was given.
    public let output: Output

    /// What the answer is worth: `exact` if all sets are known, `tested` if only single calls were
    /// left out, `noCause` if no part of the log gives what was expected.
    public let verdict: Verdict

    /// Sets of positions, from 1: without those calls, and with all others, the reply would have
    /// been as expected.
    ///
    /// None is contained in another.
    public let deletions: [[Int]]
}
