import ADOSpec
import Testing

@testable import ADOSimulator

@Suite struct `The shrinker` {
    /// A run that breaks a rule if all of `guilty` are among its faults.
    static func run(_ options: RunOptions, guilty: Set<Int>) -> RunResult {
        let kept = (1...40).filter { options.keep?.contains($0) ?? true }
        let isBroken = guilty.isSubset(of: kept)
        return RunResult(
            options: options,
            violation: isBroken ? Violation(rule: "agreement", explanation: "broken") : nil,
            undecided: nil, incomplete: nil, steps: 0, simulatedMicroseconds: 0, stateHash: 0,
            committed: 0, messages: "",
            answered: 0, plan: "", faults: kept.map { ($0, "fault \($0)") }, begun: [:], trace: [],
            trees: "")
    }

    @Test(arguments: [Set([3]), [3, 17, 22], [1, 40], []])
    func `leaves only the faults that are needed`(guilty: Set<Int>) {
        let shrinker = Shrinker { Self.run($0, guilty: guilty) }
        let shrunk = shrinker.shrink(Self.run(RunOptions(seed: 9), guilty: guilty))
        #expect(shrunk.violation != nil)
        #expect(Set(shrunk.faults.map(\.number)) == guilty)
    }

    @Test func `prints the one command that repeats the run`() {
        let shrinker = Shrinker { Self.run($0, guilty: [3, 17, 22]) }
        let shrunk = shrinker.shrink(Self.run(RunOptions(seed: 9), guilty: [3, 17, 22]))
        let report = FailureReport(shrunk, core: "bad.so", commit: "abc")
        #expect(report.command == "adosim run --seed 9 --keep 3,17,22 --core bad.so")
        #expect(report.text.contains("commit abc"))
        #expect(report.schedule.contains("fault 17"))
        let any = Shrinker { Self.run($0, guilty: []) }
        let none = any.shrink(Self.run(RunOptions(seed: 9), guilty: []))
        #expect(FailureReport(none).command == "adosim run --seed 9 --keep none")
    }
}
