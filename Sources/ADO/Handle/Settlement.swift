/// What became of a request that was settled.
public enum Settlement<Result: BinaryCodable>: Sendable {
    /// It was done, with this result.
    case done(Result)
    /// It was done: the method threw, and changed nothing.
    case thrown(MethodFailure)
    /// It was not done, and never will be.
    case cancelled
    /// It is too old: whether it was done is not known any more. It will not be done from now on.
    case forgotten
}

extension Settlement: Equatable where Result: Equatable {}
