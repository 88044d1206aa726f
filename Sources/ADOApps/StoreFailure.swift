/// Why an operation on a store made of several objects has no result.
public enum StoreFailure: Error, Sendable, Hashable {
    /// Nothing changed, and nothing will.
    case notDone(Obstacle)
    /// It may be done, now or later: read to find out, or write again.
    case unknown(Obstacle)
    /// It is done, but the value before could not be read.
    case done(Obstacle)
}
