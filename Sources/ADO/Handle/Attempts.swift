/// One call or settlement on its way through its attempts: the policy, as a state machine.
struct Attempts: Sendable {
    let operation: CallOperation
    let policy: CallPolicy
    /// The encoded method; empty when settling.
    let method: [UInt8]
    /// Where the call comes from, as its entries record it.
    let origin: [UInt8]
    let surroundings: any Surroundings
    let deadline: Duration

    /// The identity of the present attempt.
    private(set) var request: Request
    /// Where the owner's handle put it, if it did.
    private(set) var placed: Placed?
    /// Whether some attempt may have been done, or may be later.
    private(set) var isUncertain = false
    private var renewals = 0
    private var backoff = Duration.milliseconds(1)

    /// What a policy without a deadline waits.
    static let patience = Duration.seconds(5)

    /// Sessions that one call may open: more are refused only where thousands open at once.
    private static let renewalsMax = 3

    /// What one of several attempts waits: a server that fails must not use up the deadline.
    private static let attemptMax = Duration.seconds(1)

    init(
        _ operation: CallOperation, _ method: [UInt8], _ request: Request, _ policy: CallPolicy,
        origin: [UInt8] = [], in surroundings: any Surroundings
    ) {
        self.operation = operation
        self.method = method
        self.origin = origin
        self.request = request
        self.policy = policy
        self.surroundings = surroundings
        deadline = surroundings.now + policy.timeout
    }

    /// How long the present attempt may take.
    var timeout: Duration {
        let left = max(.zero, deadline - surroundings.now)
        return policy == .atMostOnce ? left : min(left, Self.attemptMax)
    }

    /// Says where the owner's handle put the present attempt, from where it may be committed.
    mutating func place(_ placed: Placed) {
        self.placed = placed
        if placed.reply.outcome != .noSession { isUncertain = true }
    }

    /// Goes on with another request, which may be done although the last one was.
    mutating func `repeat`(as request: Request) {
        self.request = request
    }

    /// Goes on with a request of a new session, because that of the last one was refused.
    mutating func renew(_ makeRequest: (Request) -> Request) throws(CallFailure) {
        guard renewals < Self.renewalsMax else { throw failure(.busy) }
        renewals += 1
        request = makeRequest(request)
        placed = nil
    }

    /// What to throw if nothing more is tried.
    func failure(_ cause: CallFailure) -> CallFailure {
        // That the replica stopped is known for certain, and is the better answer.
        if case .quarantined = cause { return cause }
        return isUncertain ? .unknown(request) : cause
    }

    /// Waits a little before the next attempt, or throws because there is none.
    mutating func retry(after cause: CallFailure) async throws(CallFailure) {
        let isLast = policy == .atMostOnce || surroundings.now + backoff >= deadline
        guard !isLast else { throw failure(cause) }
        let pause = surroundings.jittered(backoff)
        backoff = min(backoff * 2, .milliseconds(100))
        guard await surroundings.pause(pause) else { throw failure(.interrupted) }
    }

    /// Notes that an attempt may have been done, or may be later.
    mutating func becomeUncertain() {
        isUncertain = true
    }
}

extension CallPolicy {
    var timeout: Duration {
        switch self {
        case .atMostOnce: Attempts.patience
        case .atLeastOnce(let deadline), .exactlyOnce(let deadline): deadline
        }
    }

    var repeats: Bool {
        if case .atLeastOnce = self { return true }
        return false
    }
}
