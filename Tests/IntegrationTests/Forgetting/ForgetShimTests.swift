import FaultTools
import Foundation
import TestSupport
import Testing

/// The shim on a program that commits counters, and then writes nonsense over the first pages.
@Suite struct `The shim that forgets what was not flushed` {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func counter() async throws -> String {
        let show = try ChildProcess(try await Shim.probe(), ["show", directory.path])
        _ = try await show.exit()
        return show.standardOutput + show.standardError
    }

    /// Runs the program until it spoiled its file, and kills it.
    private func spoil(flush: String = "real") async throws -> UndoJournal {
        let journal = directory.path("journal")
        let environment = ShimSource.environment(
            try await Shim.library("forget"),
            ["ADO_SHIM_JOURNAL": journal, "ADO_SHIM_FLUSH": flush])
        let probe = try ChildProcess(
            try await Shim.probe(), ["fill", directory.path, "40"], environment: environment)
        try await poll(until: "the file is spoiled") {
            try #require(probe.isRunning, "\(probe.standardError)")
            return probe.standardOutput.hasSuffix("spoiled\n")
        }
        probe.send(SIGKILL)
        _ = try await probe.exit()
        return try UndoJournal(at: journal)
    }

    @Test func `brings back the last commit and takes back what came after`() async throws {
        let journal = try await spoil()
        #expect(try await counter() != "40\n", "the file is spoiled before the undo")
        try journal.undo(in: directory.path("data.mdb"))
        #expect(try await counter() == "40\n")
    }

    @Test func `takes back commits too if their flushes did nothing`() async throws {
        let journal = try await spoil(flush: "ignored")
        try journal.undo(in: directory.path("data.mdb"))
        #expect(try await counter() != "40\n")
    }
}
