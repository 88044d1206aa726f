import Foundation
import TestSupport
import Testing

@Suite struct `The adosim command` {
    private func run(_ arguments: [String], exit status: Int32) async throws -> ChildProcess {
        let child = try ChildProcess(Products.path("adosim"), ["run"] + arguments)
        let exit = try await child.exit(within: .seconds(120))
        #expect(exit == .status(status), "\(child.standardError)")
        return child
    }

    @Test(arguments: [
        (["--seeds", "0"], "--seeds must be 1 or more"),
        (["--seeds", "18446744073709551615", "--from", "5"], "there are no seeds beyond"),
        (["--minutes", "0"], "--minutes must be more than 0"),
        (["--minutes", "nan"], "--minutes must be more than 0"),
        (["--seed", "3", "--from", "7"], "--seed runs one seed; leave out --seeds, --from"),
        (["--faults", "wind"], "there is no fault wind"),
    ])
    func `refuses what makes no sense, and says why`(
        arguments: [String], reason: String
    ) async throws {
        let child = try await run(arguments, exit: 64)
        #expect(child.standardError.contains(reason), "\(child.standardError)")
    }

    @Test func `runs the last seed of all`() async throws {
        let child = try await run(["--from", "\(UInt64.max)", "--seeds", "1"], exit: 0)
        #expect(child.standardOutput.hasPrefix("1 runs"))
    }

    @Test func `names the commit, and the command that repeats what is left`() async throws {
        let child = try await run(["--seed", "1", "--plant", "session-dropped"], exit: 1)
        let lines = child.standardOutput.split(separator: "\n")
        let violation = try #require(lines.first { $0.hasPrefix("VIOLATION") })
        #expect(violation == "VIOLATION in seed 1, commit \(try await commit())")
        let words = try #require(lines.last).split(separator: " ").map(String.init)
        let run = try #require(words.firstIndex(of: "run"))
        let again = try await self.run(Array(words[(run + 1)...]), exit: 1)
        #expect(again.standardOutput.contains("VIOLATION in seed 1,"))
    }

    @Test func `repeats a run of which no fault is left`() async throws {
        let child = try await run(["--seed", "1", "--plant", "duplicate-applied"], exit: 1)
        #expect(child.standardOutput.contains("--seed 1 --keep none --plant duplicate-applied"))
        let again = try await run(
            ["--seed", "1", "--keep", "none", "--plant", "duplicate-applied"], exit: 1)
        #expect(again.standardOutput.contains("VIOLATION in seed 1,"))
    }

    @Test func `draws calls that cannot have happened one at a time`() async throws {
        let plant = ["--seed", "1", "--plant", "read-of-old-state", "--no-shrink"]
        let child = try await run(plant, exit: 1)
        #expect(child.standardOutput.contains("draw it with: --svg FILE"))
        try await TemporaryDirectory.with { directory in
            let file = directory.path("history.svg")
            let child = try await run(plant + ["--svg", file], exit: 1)
            #expect(child.standardOutput.contains("drawn in \(file)"))
            #expect(try String(contentsOfFile: file, encoding: .utf8).hasPrefix("<svg"))
            let lost = try await run(plant + ["--svg", directory.path("no/where.svg")], exit: 1)
            #expect(lost.standardError.contains("cannot draw into"), "\(lost.standardError)")
        }
    }

    private func commit() async throws -> String {
        let git = try ChildProcess(
            "/usr/bin/env",
            [
                "git", "-C", Products.path("."), "describe", "--always", "--dirty", "--abbrev=12",
            ])
        let exit = try await git.exit()
        guard exit == .status(0) else { return "unknown" }
        return String(git.standardOutput.prefix { !$0.isNewline })
    }
}
