internal import ADO

/// What a DApp does when a step fails, or the lock it needs is held.
public enum FailurePolicy: Sendable, Hashable {
    /// It tries again until it works, or the task is cancelled.
    case spin
    /// It gives up at once.
    case abort
    /// It tries again so many times, over the whole operation.
    case retry(Int)
}

/// How long a DApp waits for what.
public struct Pacing: Sendable, Hashable {
    /// What one pull, push or call waits for.
    public var step: Duration
    /// The pause before the first further try; each next one is twice as long, to 64 times.
    public var pause: Duration

    /// Makes a pacing.
    public init(step: Duration = .seconds(2), pause: Duration = .milliseconds(1)) {
        self.step = step
        self.pause = pause
    }
}

/// A policy while it is used up: the tries that one operation has left.
struct Patience: Sendable {
    private var triesLeft: Int
    private let pause: Duration
    private let surroundings: any Surroundings
    private var factor = 1

    init(_ policy: FailurePolicy, _ pacing: Pacing, in surroundings: any Surroundings) {
        self.surroundings = surroundings
        switch policy {
        case .spin: triesLeft = .max
        case .abort: triesLeft = 0
        case .retry(let count): triesLeft = max(count, 0)
        }
        pause = pacing.pause
    }

    /// Waits a little, and says whether there is another try.
    mutating func again() async -> Bool {
        guard triesLeft > 0, !Task.isCancelled else { return false }
        triesLeft -= 1
        guard pause > .zero else { return true }
        let wait = surroundings.jittered(pause * factor)
        factor = min(factor * 2, 64)
        return await surroundings.pause(wait)
    }
}
