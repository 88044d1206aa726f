import Foundation
import TestSupport
import Testing

@testable import Bench

@Suite struct `A program that is started` {
    @Test func `hears of every signal, whatever the thread blocks that starts it`() async throws {
        let folder = try TemporaryDirectory()
        let log = folder.path("log")
        let process = try Self.startWithEverythingBlocked(
            "/bin/grep", ["SigBlk", "/proc/self/status"], log)
        #expect(await process.waitForEnd(seconds: 30))
        let text = String(decoding: try Data(contentsOf: URL(filePath: log)), as: UTF8.self)
        #expect(text == "SigBlk:\t0000000000000000\n")
    }

    private static func startWithEverythingBlocked(
        _ program: String, _ arguments: [String], _ log: String
    ) throws -> ServerProcess {
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        return try ServerProcess(program, arguments, log: log)
    }
}
