import ADO
import ADOSpec
import Testing

@Suite struct `The choices of an adversary` {
    private static func runs(depth: Int, unkind: Int = .max) async -> Set<[Int]> {
        var seen: Set<[Int]> = []
        let result = await Exploration.explore(depth: depth, unkind: unkind) {
            player throws(Violation) in
            seen.insert([player.choose(2), player.choose(3), player.choose(2)])
        }
        #expect(result.isComplete)
        #expect(result.runs == seen.count)
        return seen
    }

    @Test func `are tried in every way to a depth`() async {
        #expect(await Self.runs(depth: 9).count == 2 * 3 * 2)
        #expect(
            await Self.runs(depth: 2) == [
                [0, 0, 0], [0, 1, 0], [0, 2, 0], [1, 0, 0], [1, 1, 0], [1, 2, 0],
            ])
    }

    @Test func `are tried with so many unkind ones`() async {
        #expect(await Self.runs(depth: 9, unkind: 0) == [[0, 0, 0]])
        #expect(await Self.runs(depth: 9, unkind: 1).count == 1 + 1 + 2 + 1)
        #expect(await Self.runs(depth: 9, unkind: 3).count == 12)
    }

    @Test func `are repeated by a seed, and by their plan`() {
        func draw(_ choices: Choices) -> [Int] {
            var choices = choices
            return (0..<40).map { _ in choices.choose(5) }
        }
        let first = draw(Choices(seed: 3, lengthMax: 30))
        #expect(first == draw(Choices(seed: 3, lengthMax: 30)))
        #expect(first != draw(Choices(seed: 4, lengthMax: 30)))
        #expect(first == draw(Choices(plan: first)))
        #expect(first.contains { $0 > 0 })
        #expect(first[30...].allSatisfy { $0 == 0 })
    }

    @Test func `are not tried beyond a number of runs`() async {
        let result = await Exploration.explore(depth: 9, runsMax: 3) {
            player throws(Violation) in _ = player.choose(9)
        }
        #expect(result.runs == 3)
        #expect(!result.isComplete)
    }
}

/// What is done to two objects is not done at once: the reason for two-phase commit.
@Suite struct `A transfer between two objects` {
    @Test func `can stop half-way`() async {
        let result = await Exploration.explore(depth: 8, unkind: 1) {
            player throws(Violation) in
            for name in ["from", "to"] {
                let tally = Handle(Tally.self, named: name, on: player.client(1))
                guard (try? await tally.pull()) != nil else { break }
                guard (try? tally.invoke(.add)) != nil else { break }
                guard (try? await tally.push()) != nil else { break }
            }
            let from = player.committed(Tally.self, named: "from")?.count ?? 0
            let to = player.committed(Tally.self, named: "to")?.count ?? 0
            if from != to { throw Violation(rule: "transfer", explanation: "\(from) != \(to)") }
        }
        #expect(result.failure?.violation.rule == "transfer")
    }
}
