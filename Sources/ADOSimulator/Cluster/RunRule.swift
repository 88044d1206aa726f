/// The rules that a run of the simulator may break, beside those of the specification.
enum RunRule: String {
    /// An assertion of the core, or what may never go back.
    case invariant = "invariant"
    /// What the core asks of its driver must be possible, in order and complete.
    case effects = "effects"
    /// A step that is refused changes nothing, and honest messages are not refused.
    case refusal = "refusal"
    /// Nothing leaves before what it claims is durable.
    case durability = "durable before sent"
    /// All nodes commit the same bytes.
    case agreement = "agreement"
    case refinement = "refinement"
    /// Only the owner of a ballot commits first, through an entry of that ballot.
    case commit = "own ballot commits"
    /// Who knows that something is committed refuses every ballot below the one that committed it.
    case knowledge = "committed under the promise"
    /// Who has forgotten what it promised gives no vote.
    case memory = "no vote without memory"
    /// What a disk is asked to store is a log.
    case disk = "disk"
    /// Messages survive their own encoding, and damaged ones do not pass for others.
    case wire = "wire"
    /// A read misses nothing that was committed before it was asked.
    case reads = "reads"
    /// A healed quorum commits.
    case progress = "progress"
    /// What a scenario requires.
    case scenario = "scenario"
    /// Replicas that applied the same log are equal.
    case replicas = "replica digests"
    /// A call has the effect of one call, and its reply is what it had.
    case calls = "calls"
    /// What callers saw is as if calls happened one at a time.
    case linearizability = "linearizability"
    /// The caller of the simulator asked for what cannot be.
    case caller = "caller"
}
