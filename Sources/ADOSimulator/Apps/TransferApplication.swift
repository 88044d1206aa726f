internal import ADO
internal import ADOApps
internal import ADOObjects
internal import ADOSpec
internal import Synchronization

/// Clients that move money between accounts in two steps: none is made, and what is gone is what
/// its callers were told may be.
final class TransferApplication: Application {
    /// Moves an amount from one account to another.
    typealias Move =
        @Sendable (AppProcess, _ source: String, _ target: String, _ amount: Int)
        async throws(Transfer.Failure) -> Void

    private let move: Move
    private let books = Mutex(TransferBooks())
    private let isRead = Mutex(false)

    private static let accounts = ["alice", "bob"]

    init(_ move: @escaping Move) { self.move = move }

    var objects: [AppObject] { Self.accounts.map { AppObject(BankAccount.self, $0) } }

    // MARK: What processes do

    func live(_ process: AppProcess) async {
        while process.goesOn {
            let source = Int(process.below(UInt64(Self.accounts.count)))
            let amount = Int(process.below(9)) + 1
            if process.below(4) == 0 {
                await deposit(amount, to: Self.accounts[source], process)
            } else {
                await transfer(amount, from: source, process)
            }
            guard await process.time.pause(.milliseconds(process.below(50))) else { return }
        }
    }

    private func deposit(_ amount: Int, to account: String, _ process: AppProcess) async {
        // Begun: as long as nobody was told otherwise, it may be done at any time.
        books.withLock { $0.possible += amount }
        let account = Handle<BankAccount>(named: account, on: process)
        do throws(CallFailure) {
            try await account.call(.deposit(amount))
            if !process.isDead { books.withLock { $0.certain += amount } }
        } catch {
            switch error {
            case .unknown, .unhosted, .unreadable, .quarantined: return
            default: if !process.isDead { books.withLock { $0.possible -= amount } }
            }
        }
    }

    private func transfer(_ amount: Int, from source: Int, _ process: AppProcess) async {
        books.withLock { $0.mayBeNowhere += amount }
        let target = Self.accounts[1 - source]
        do throws(Transfer.Failure) {
            try await move(process, Self.accounts[source], target, amount)
        } catch {
            switch error {
            case .halfDone, .unknown: return
            case .refused, .notDone: break
            }
        }
        if !process.isDead { books.withLock { $0.mayBeNowhere -= amount } }
    }

    /// Asks for the balances: they must be there.
    func finish(_ process: AppProcess) async {
        for name in Self.accounts {
            let account = Handle<BankAccount>(named: name, on: process)
            let policy = CallPolicy.exactlyOnce(deadline: .seconds(60))
            guard (try? await account.call(.balance, policy: policy)) != nil else { return }
        }
        isRead.withLock { $0 = true }
    }

    // MARK: What must hold

    private func total(_ truth: AppTruth) -> Int {
        Self.accounts.map { truth.state(BankAccount.self, $0).balance }.reduce(0, +)
    }

    func judge(_ truth: AppTruth) -> Violation? { books.withLock { $0.judge(total(truth)) } }

    func judgeEnd(_ truth: AppTruth) -> Verdict {
        guard isRead.withLock({ $0 }) else {
            return .violated(
                Violation(rule: "last reads", explanation: "an account cannot be read in the end"))
        }
        let violation = books.withLock { $0.judgeEnd(total(truth)) }
        return violation.map { .violated($0) } ?? .holds
    }
}

/// What clients of some accounts were told.
struct TransferBooks {
    /// What was deposited, and its depositor told so.
    var certain = 0
    /// What may have been deposited.
    var possible = 0
    /// What may be in no account: transfers under way, given up between their steps, or unknown.
    var mayBeNowhere = 0

    /// At any time there is not more than was put in.
    func judge(_ total: Int) -> Violation? {
        guard total > possible else { return nil }
        return Violation(
            rule: "no money is made",
            explanation: "the accounts hold \(total), and at most \(possible) was deposited")
    }

    /// In the end what is missing is what somebody was told may be.
    func judgeEnd(_ total: Int) -> Violation? {
        guard total < certain - mayBeNowhere else { return judge(total) }
        return Violation(
            rule: "no money is lost unsaid",
            explanation: "the accounts hold \(total) of \(certain), and callers were told that "
                + "\(mayBeNowhere) may be nowhere")
    }
}
