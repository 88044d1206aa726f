import Linearizability

/// A lock that has one owner at a time, whoever has to wait and however that is said.
///
/// Whoever has it may be told so again. Not to get the lock says nothing. If the lock expires,
/// whoever does not get it may have let the owner's time pass, and only then somebody else gets it
/// without a release.
struct ExclusionModel: Model {
    struct State: Hashable {
        var owner: UInt64?
        var isPast = false
    }

    let expires: Bool

    var initial: State { State() }

    func step(_ state: State, _ input: LockModel.Input, _ output: LockModel.Output?) -> State? {
        switch (input, output) {
        case (.acquire(let owner), nil) where state.owner == nil: return State(owner: owner)
        case (.acquire(let owner), .granted):
            let isFree = state.owner == nil || state.owner == owner || state.isPast
            return isFree ? State(owner: owner) : nil
        case (.acquire, .held), (.acquire, nil):
            return State(owner: state.owner, isPast: expires && state.owner != nil)
        case (.release(let owner), .released), (.release(let owner), nil):
            return state.owner == owner ? State() : output == nil ? state : nil
        case (.release(let owner), .notOwner):
            // Unless its time is past, the owner is not refused.
            return state.owner == owner && !state.isPast ? nil : state
        case (.acquire, _), (.release, _): return nil
        }
    }
}
