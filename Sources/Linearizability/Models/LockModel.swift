/// A lock with fencing: each grant has a number, the token, higher than that of every grant before.
///
/// The tokens need not be consecutive, as they may be indices of a log.
public struct LockModel: Model {
    /// What a lock can be asked to do.
    public enum Input: Hashable, Sendable {
        /// Takes the lock for an owner if nobody has it.
        case acquire(owner: UInt64)
        /// Gives the lock back if the owner has it.
        case release(owner: UInt64)
    }

    /// What a lock answers.
    public enum Output: Hashable, Sendable {
        /// The owner has the lock, with this token.
        case granted(token: UInt64)
        /// Somebody has the lock, perhaps this owner.
        case held
        /// The lock is free.
        case released
        /// The owner did not have the lock.
        case notOwner
    }

    /// Who has the lock, and which tokens were given.
    public struct State: Hashable, Sendable {
        /// Who has the lock.
        public var owner: UInt64?
        /// No token up to this one can be granted any more.
        public var highest: UInt64
    }

    /// Makes the model.
    public init() {}

    /// Free, and no token given.
    public var initial: State { State(owner: nil, highest: 0) }

    /// Runs the input and compares the outputs.
    ///
    /// The token of a grant that nobody saw is unknown: it takes at least the next one.
    public func step(_ state: State, _ input: Input, _ output: Output?) -> State? {
        switch (input, output) {
        case (.acquire(let owner), .granted(let token)):
            guard state.owner == nil, token > state.highest else { return nil }
            return State(owner: owner, highest: token)
        case (.acquire, .held): return state.owner == nil ? nil : state
        case (.acquire(let owner), nil):
            guard state.owner == nil else { return state }
            guard state.highest < .max else { return nil }
            return State(owner: owner, highest: state.highest + 1)
        case (.release(let owner), .released):
            return state.owner == owner ? State(owner: nil, highest: state.highest) : nil
        case (.release(let owner), .notOwner): return state.owner == owner ? nil : state
        case (.release(let owner), nil):
            return state.owner == owner ? State(owner: nil, highest: state.highest) : state
        case (.acquire, .released), (.acquire, .notOwner): return nil
        case (.release, .granted), (.release, .held): return nil
        }
    }

    /// True for what was refused.
    public func isReadOnly(_ input: Input, _ output: Output?) -> Bool {
        output == .held || output == .notOwner
    }

    /// Such as `acquire 7 -> token 3`.
    public func describe(_ input: Input, _ output: Output?) -> String {
        let call =
            switch input {
            case .acquire(let owner): "acquire for \(owner)"
            case .release(let owner): "release for \(owner)"
            }
        switch output {
        case .granted(let token): return "\(call) -> token \(token)"
        case .held: return "\(call) -> held"
        case .released: return "\(call) -> released"
        case .notOwner: return "\(call) -> not owner"
        case nil: return call
        }
    }

    /// Such as `held by 7, tokens from 4`.
    public func describe(state: State) -> String {
        let owner = state.owner.map { "held by \($0)" } ?? "free"
        return "\(owner), tokens up to \(state.highest) used"
    }
}
