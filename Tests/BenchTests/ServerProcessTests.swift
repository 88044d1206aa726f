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

@Suite struct `A server that ends by itself` {
    @Test func `is no victim of the fault that was to kill it`() async throws {
        let group = try Self.group("echo out of cheese; exit 134")
        #expect(await group.process(1)?.waitForEnd(seconds: 30) == true)
        let refused = #expect(throws: BenchError.self) { try group.signal(SIGKILL, to: 1) }
        #expect(refused?.description.contains("status 134") == true)
        #expect(refused?.description.contains("out of cheese") == true)
        // It may also do so between the last look and the signal.
        let late = await #expect(throws: BenchError.self) {
            try await group.collect(1, after: SIGKILL, seconds: 30)
        }
        #expect(late?.status == .invalid)
        #expect(late?.description.contains("not how SIGKILL ends it") == true)
        #expect(await group.stop() != nil)
    }

    @Test func `is told from one that was killed`() async throws {
        let group = try Self.group("while :; do sleep 0.1; done")
        try group.signal(SIGKILL, to: 1)
        try await group.collect(1, after: SIGKILL, seconds: 30)
        #expect(throws: BenchError.self) { try group.checkAlive([1]) }
        #expect(await group.stop() != nil)
    }

    @Test(arguments: [0, 139]) func `is found out when all are stopped`(
        status: Int
    ) async throws {
        let group = try Self.group(
            "trap 'exit \(status)' TERM; echo ready; while :; do sleep 0.1; done")
        try await poll(until: "the trap is set") {
            FileManager.default.contents(atPath: group.log(1))?.isEmpty == false
        }
        let complaint = await group.stop()
        #expect((complaint == nil) == (status == 0))
        #expect(complaint?.description.contains("status 139") != false)
    }

    @Test func `is no victim either where another run started it`() async throws {
        let folder = try TemporaryDirectory()
        let process = try ServerProcess("/bin/true", [], log: folder.path("log"))
        #expect(await process.waitForEnd(seconds: 30))
        let servers = Servers.running(
            [ServerAddress(node: 1, host: "127.0.0.1", port: 1)], pids: [process.pid],
            cluster: "c")
        let refused = #expect(throws: BenchError.self) { try servers.signal(SIGSTOP, to: 1) }
        #expect(refused?.status == .invalid)
        #expect(refused?.description.contains("--pids must name the processes") == true)
    }

    /// A group of one process, which runs a script.
    private static func group(_ script: String) throws -> ProcessGroup {
        let group = try ProcessGroup(
            named: "script-\(UInt64.random(in: 0...UInt64.max))", RunOptions())
        try group.start(1, "/bin/sh", ["-c", script])
        return group
    }
}
