import ADO
import ADOApps
import ADOObjects
import ADOSpec
import Linearizability
import Testing

@testable import ADOSimulator

@Suite(.serialized) struct `A simulated application` {
    private static func options(_ seed: UInt64, _ kind: AppKind) -> RunOptions {
        var options = RunOptions(seed: seed)
        options.app = kind
        return options
    }

    /// With few seeds, as the code is not optimized here: the checks play more of them.
    @Test(arguments: AppKind.allCases)
    func `keeps its promise in trouble`(kind: AppKind) {
        var answered = 0
        for seed: UInt64 in 1...3 {
            let result = Simulator().run(Self.options(seed, kind))
            #expect(result.violation == nil, "seed \(seed) of \(kind.rawValue)")
            #expect(result.undecided == nil && result.incomplete == nil)
            answered += result.answered
        }
        // The checks are worth nothing if nothing happens.
        #expect(answered > 250)
    }

    @Test(arguments: AppKind.allCases)
    func `is the same for the same seed`(kind: AppKind) {
        let options = Self.options(21, kind)
        let (first, second) = (Simulator().run(options), Simulator().run(options))
        #expect(first.stateHash == second.stateHash)
        #expect(first.answered == second.answered)
        #expect(first.stateHash != Simulator().run(Self.options(121, kind)).stateHash)
    }

    // MARK: Mistakes

    /// The rule that is broken first, within so many seeds.
    private func broken(
        seeds: ClosedRange<UInt64>, _ make: () -> any Application
    ) -> String? {
        for seed in seeds {
            let result = Simulator().run(make(), RunOptions(seed: seed))
            if let violation = result.violation { return violation.rule }
        }
        return nil
    }

    @Test func `that points to where a value will be is found`() {
        let rule = broken(seeds: 1...40) {
            StoreApplication(meta: DVector<MetaBucket>.self) {
                MetaFirst(store: Self.store($0))
            }
        }
        #expect(rule == "places")
    }

    private static func store(_ process: AppProcess) -> KVLock {
        KVLock(named: StoreApplication.name, on: process, options: AppKind.lockOptions(.retry(8)))
    }

    @Test(arguments: [Careless.Mistake.repeats, .guesses, .collectsUnsealed, .ignoresKeys])
    func `that is careless without a lock is found`(mistake: Careless.Mistake) {
        let rule = broken(seeds: 1...60) {
            StoreApplication(meta: MetaVector.self) { Careless(mistake, on: $0) }
        }
        #expect(rule == "linearizability" || rule == "places")
    }

    @Test func `that deposits again what it may have deposited is found`() {
        let rule = broken(seeds: 1...60) {
            TransferApplication { process, source, target, amount throws(Transfer.Failure) in
                let target = Handle<BankAccount>(named: target, on: process)
                let source = Handle<BankAccount>(named: source, on: process)
                do throws(CallFailure) {
                    try await source.call(.withdraw(amount))
                    try await target.call(
                        .deposit(amount), policy: .atLeastOnce(deadline: .seconds(5)))
                } catch {
                    throw .halfDone(.unreachable)
                }
            }
        }
        #expect(rule == "no money is made")
    }

    @Test func `that takes half a transfer for none is found`() {
        let rule = broken(seeds: 1...60) {
            TransferApplication { process, source, target, amount throws(Transfer.Failure) in
                do throws(Transfer.Failure) {
                    try await Transfer(from: source, to: target, on: process).move(amount)
                } catch .halfDone(let obstacle) {
                    throw .notDone(obstacle)
                }
            }
        }
        #expect(rule == "no money is lost unsaid")
    }

    @Test func `whose keys cannot be read in the end is found`() {
        let rule = broken(seeds: 1...1) {
            StoreApplication(meta: DVector<MetaBucket>.self) { Unreadable(store: Self.store($0)) }
        }
        #expect(rule == "last reads")
    }

    @Test func `of which nobody knows whether it is right is not taken for right`() {
        let result = Simulator().run(Unsure(), RunOptions(seed: 1))
        #expect(result.violation == nil)
        #expect(result.undecided == "nobody knows")
        #expect(Simulator().run(Self.options(1, .lockAbort)).undecided == nil)
    }
}

@Suite struct `The books of transfers` {
    private let books = TransferBooks(certain: 100, possible: 120, mayBeNowhere: 30)

    @Test(arguments: [(121, "no money is made"), (120, nil), (70, nil)])
    func `let no money be made at any time`(total: Int, rule: String?) {
        #expect(books.judge(total)?.rule == rule)
    }

    @Test(arguments: [
        (121, "no money is made"), (120, nil), (70, nil), (69, "no money is lost unsaid"),
    ])
    func `let none be lost unsaid in the end`(total: Int, rule: String?) {
        #expect(books.judgeEnd(total)?.rule == rule)
    }
}

/// A store that changes what it is told to, and answers no read.
private struct Unreadable: StoreClient {
    let store: KVLock

    func perform(_ input: StoreModel.Input) async throws(StoreFailure) -> StoreModel.Output {
        if case .get = input { throw .notDone(.busy) }
        return try await store.perform(input)
    }

    func collect() async throws(StoreFailure) -> Int { try await store.collect() }
}

/// An application that does nothing, and whose judge gives up.
private struct Unsure: Application {
    let objects = [AppObject(Counter.self, "c")]
    func live(_ process: AppProcess) async {}
    func finish(_ process: AppProcess) async {}
    func judge(_ truth: AppTruth) -> Violation? { nil }
    func judgeEnd(_ truth: AppTruth) -> ADOSpec.Verdict { .incomplete("nobody knows") }
}
