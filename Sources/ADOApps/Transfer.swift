public import ADO
public import ADOObjects

/// Moves money from one account to another in two steps: the reason for two-phase commit.
///
///     let transfer = Transfer(from: "alice", to: "bob", on: cluster.client)
///     try await transfer.move(30)
///
/// **This is a warning, not a tool.** Objects never talk to each other, so a withdrawal here and a
/// deposit there are two steps, each exactly once, and between them the money is nowhere: anybody
/// who reads both accounts may see that. If the client dies or gives up there, it stays so, and
/// ``Failure/halfDone(_:)`` is all there is to tell. Use ``TwoPhaseCommit``.
///
/// A transfer takes two round trips.
public struct Transfer: Sendable {
    /// Why a transfer is not complete.
    public enum Failure: Error, Sendable, Hashable {
        /// The account refused the withdrawal: nothing moved.
        case refused(BankAccount.Refusal)
        /// Nothing moved.
        case notDone(Obstacle)
        /// The withdrawal may be done, now or later; the deposit is not, and never will be.
        case unknown(Request)
        /// The withdrawal is done and the deposit is not, or nobody knows: the money is nowhere.
        case halfDone(Obstacle)
    }

    private let source: Handle<BankAccount>
    private let target: Handle<BankAccount>
    private let deadline: Duration

    /// Prepares transfers between two accounts, each step of which is tried to a deadline.
    public init(
        from source: String, to target: String, on backend: any Backend,
        deadline: Duration = .seconds(5)
    ) {
        self.source = Handle(named: source, on: backend)
        self.target = Handle(named: target, on: backend)
        self.deadline = deadline
    }

    /// Withdraws an amount above zero from one account, then deposits it to the other.
    public func move(_ amount: Int) async throws(Failure) {
        do throws(CallFailure) {
            try await source.call(.withdraw(amount), policy: .exactlyOnce(deadline: deadline))
        } catch {
            throw Self.failure(error)
        }
        do throws(CallFailure) {
            try await target.call(.deposit(amount), policy: .exactlyOnce(deadline: deadline))
        } catch {
            throw .halfDone(Obstacle(error))
        }
    }

    private static func failure(_ failure: CallFailure) -> Failure {
        switch failure {
        case .thrown(let thrown):
            guard let refusal = try? thrown.error(as: BankAccount.Refusal.self) else {
                return .notDone(.unreadable)
            }
            return .refused(refusal)
        case .unknown(let request), .unhosted(let request), .quarantined(_, let request?):
            return .unknown(request)
        default: return .notDone(Obstacle(failure))
        }
    }
}
