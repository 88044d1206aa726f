import FaultTools
import Foundation
import TestSupport
import Testing

/// The whole method, on a program that is known to be right or wrong.
@Suite struct `The shim that logs flushes` {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func check(_ order: String, flush: String = "real") async throws -> DurabilityChecker {
        let log = directory.path("log")
        let environment = ShimSource.environment(
            try await Shim.library("durable"), ["ADO_SHIM_LOG": log, "ADO_SHIM_FLUSH": flush])
        let probe = try ChildProcess(
            try await Shim.probe(), ["tell", directory.path, order], environment: environment)
        try #require(try await probe.exit() == .status(0), "\(probe.standardError)")
        return DurabilityChecker([1: try SystemCall.readLog(at: log)])
    }

    @Test func `sees that LMDB commits before the program tells`() async throws {
        let checker = try await check("after")
        #expect(checker.violations.isEmpty)
        #expect(checker.tally.promises == 1)
        #expect(checker.tally.accepteds == 1)
    }

    @Test func `sees a program that tells before it commits`() async throws {
        let checker = try await check("before")
        #expect(checker.violations.count == 2)
    }

    @Test func `sees a disk that flushes late`() async throws {
        let checker = try await check("after", flush: "late")
        #expect(checker.violations.count == 2)
    }
}
