import ADO
import ADOSpec
import TestSupport
import Testing

/// One step of a history of LiDO.
enum LiDOStep: Sendable {
    case pull(UInt64, choosing: LiDO.Round)
    case invoke(LiDO.Round)
    case push(LiDO.Round)
}

func round(_ ballot: UInt64, _ number: UInt64) -> LiDO.Round {
    LiDO.Round(ballot: Ballot(round: ballot, node: 1), number: number)
}

struct LiDOHistory: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let steps: [LiDOStep]

    init(_ name: String, _ steps: LiDOStep...) {
        testDescription = name
        self.steps = steps
    }

    func judge() -> Violation? {
        var lido = LiDO()
        for step in steps {
            let violation =
                switch step {
                case .pull(let ballot, let parent):
                    lido.pull(Ballot(round: ballot, node: 1), choosing: parent)
                case .invoke(let round): lido.invoke(round, method: round.number)
                case .push(let round): lido.push(round)
                }
            if let violation { return violation }
        }
        return nil
    }
}

@Suite struct `The LiDO oracle` {
    static let legal = [
        LiDOHistory(
            "batches in a pipeline", .pull(1, choosing: .root), .invoke(round(1, 1)),
            .invoke(round(1, 2)), .invoke(round(1, 3)), .push(round(1, 2)), .push(round(1, 3))),
        LiDOHistory(
            "an inherited branch", .pull(1, choosing: .root), .invoke(round(1, 1)),
            .pull(2, choosing: round(1, 1)), .invoke(round(2, 2)), .push(round(2, 2)),
            .pull(3, choosing: round(2, 2))),
        LiDOHistory(
            "a commit after a later pull that adopted it", .pull(1, choosing: .root),
            .invoke(round(1, 1)), .pull(2, choosing: round(1, 1)), .push(round(1, 1))),
        LiDOHistory(
            "a pull that comes late and knows little", .pull(5, choosing: .root),
            .invoke(round(5, 1)), .push(round(5, 1)), .pull(3, choosing: .root),
            .invoke(round(3, 1))),
        LiDOHistory(
            "forks that are never committed", .pull(1, choosing: .root), .invoke(round(1, 1)),
            .pull(2, choosing: .root), .invoke(round(2, 1)), .pull(3, choosing: round(1, 1)),
            .invoke(round(3, 2)), .push(round(3, 2))),
    ]

    static let illegal = [
        LiDOHistory("a ballot elected twice", .pull(1, choosing: .root), .pull(1, choosing: .root)),
        LiDOHistory(
            "a parent that is not older", .pull(2, choosing: .root), .invoke(round(2, 1)),
            .pull(1, choosing: round(2, 1))),
        LiDOHistory("a parent without a method", .pull(2, choosing: round(1, 1))),
        LiDOHistory(
            "a parent below what is committed", .pull(1, choosing: .root), .invoke(round(1, 1)),
            .push(round(1, 1)), .pull(2, choosing: .root)),
        LiDOHistory(
            "a parent below what is committed of its own ballot", .pull(1, choosing: .root),
            .invoke(round(1, 1)), .invoke(round(1, 2)), .push(round(1, 2)),
            .pull(2, choosing: round(1, 1))),
        LiDOHistory("a method without an election", .invoke(round(1, 1))),
        LiDOHistory(
            "two methods in a round", .pull(1, choosing: .root), .invoke(round(1, 1)),
            .invoke(round(1, 1))),
        LiDOHistory("a commit without a method", .pull(1, choosing: .root), .push(round(1, 1))),
        LiDOHistory(
            "a commit that a later pull does not know", .pull(1, choosing: .root),
            .invoke(round(1, 1)), .pull(2, choosing: .root), .push(round(1, 1))),
        LiDOHistory(
            "a commit that one of several later pulls does not know", .pull(1, choosing: .root),
            .invoke(round(1, 1)), .invoke(round(1, 2)), .pull(2, choosing: round(1, 1)),
            .pull(3, choosing: round(1, 2)), .push(round(1, 2))),
        LiDOHistory(
            "a commit that a pull known late does not know", .pull(1, choosing: .root),
            .invoke(round(1, 1)), .pull(4, choosing: round(1, 1)), .pull(2, choosing: .root),
            .push(round(1, 1))),
    ]

    @Test(arguments: legal) func accepts(history: LiDOHistory) {
        #expect(history.judge() == nil)
    }

    @Test(arguments: illegal) func rejects(history: LiDOHistory) {
        #expect(history.judge() != nil)
    }

    @Test func `answers as a search from end to end would`() {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<400 {
            var quick = LiDO()
            var slow = SlowLiDO()
            for _ in 0..<60 {
                let ballot = UInt64.random(in: 1...8, using: &random)
                let number = UInt64.random(in: 1...3, using: &random)
                let parent =
                    Bool.random(using: &random)
                    ? LiDO.Round.root : round(.random(in: 1...8, using: &random), number)
                let here = round(ballot, number)
                switch UInt64.random(in: 0..<3, using: &random) {
                case 0 where slow.mayPull(ballot, parent):
                    #expect(quick.pull(here.ballot, choosing: parent) == nil)
                    slow.elections[here.ballot] = parent
                case 1 where slow.mayInvoke(here):
                    #expect(quick.invoke(here, method: 1) == nil)
                    slow.methods.insert(here)
                case 2:
                    let copy = quick
                    let accepted = quick.push(here) == nil
                    #expect(accepted == slow.mayPush(here))
                    if accepted { slow.commits.insert(here) } else { quick = copy }
                default:
                    var copy = quick
                    let other = here.ballot
                    #expect(
                        (copy.pull(other, choosing: parent) == nil)
                            == slow.mayPull(ballot, parent))
                }
            }
        }
    }
}

/// The conditions word by word.
private struct SlowLiDO {
    var elections: [Ballot: LiDO.Round] = [:]
    var methods: Set<LiDO.Round> = []
    var commits: Set<LiDO.Round> = []

    func mayPull(_ number: UInt64, _ parent: LiDO.Round) -> Bool {
        let ballot = Ballot(round: number, node: 1)
        return parent.ballot < ballot && (parent == .root || methods.contains(parent))
            && elections[ballot] == nil
            && commits.allSatisfy { $0.ballot >= ballot || $0 <= parent }
    }

    func mayInvoke(_ round: LiDO.Round) -> Bool {
        elections[round.ballot] != nil
            && methods.allSatisfy { $0.ballot != round.ballot || $0 < round }
    }

    func mayPush(_ round: LiDO.Round) -> Bool {
        methods.contains(round)
            && elections.allSatisfy { $0.key <= round.ballot || $0.value >= round }
    }
}
