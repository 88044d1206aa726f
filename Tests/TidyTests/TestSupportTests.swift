import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct `A transcript` {
    @Test func `replaces each output and keeps the rest`() {
        let text = "# Why.\nadd 1 2\n----\n4\n\nsay a\n\nsay\n----\nb\n"
        let replayed = Transcript.replay(text) { command in
            command == "add 1 2" ? "3" : String(command.dropFirst(4))
        }
        #expect(replayed == "# Why.\nadd 1 2\n----\n3\n\nsay a\n----\na\n\nsay\n----\n.\n")
    }

    @Test func `names the first line that differs`() {
        #expect(Transcript.firstDifference("a\nb\n", "a\nb\n") == nil)
        #expect(Transcript.firstDifference("a\nb", "a\nc") == #"2: expected "b", got "c""#)
        #expect(Transcript.firstDifference("a", "a\nc") == #"2: expected the end, got "c""#)
    }

    @Test func `notices that the code does something else`() throws {
        try TemporaryDirectory.with { directory in
            let url = directory.url.appending(path: "a.txt")
            try "ping\n----\npong\n".write(to: url, atomically: true, encoding: .utf8)
            try Transcript(at: url).check { _ in "pong" }
            let difference = try Transcript(at: url).difference { _ in "silence" }
            #expect(difference == #"3: expected "pong", got "silence""#)
        }
    }
}

@Suite struct `A temporary directory` {
    @Test func `is gone afterwards`() throws {
        let path = try TemporaryDirectory.with { directory in
            try Data([1]).write(to: directory.url.appending(path: "file"))
            return directory.path
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}

@Suite struct `Polling` {
    @Test func `returns as soon as there is a value`() async throws {
        var tries = 0
        let value = try await poll(for: "three tries") {
            tries += 1
            return tries == 3 ? "done" : nil
        }
        #expect(value == "done")
    }

    @Test func `says what it waited for in vain`() async {
        let failure = await #expect(throws: PollTimeout.self) {
            try await poll(until: "pigs fly", within: .milliseconds(20)) { false }
        }
        #expect(failure?.description == "waited 0.02 seconds in vain: pigs fly")
    }
}

@Suite struct `A seeded generator` {
    @Test func `gives the published numbers`() {
        var generator = SeededGenerator(seed: 1_234_567)
        let numbers = (0..<3).map { _ in generator.next() }
        #expect(
            numbers == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973,
                9_817_491_932_198_370_423,
            ])
    }
}

@Suite struct `A child process` {
    @Test func `is heard on both streams and returns its status`() async throws {
        let script = "echo $WORD; echo oops >&2; exit 3"
        let child = try ChildProcess("/bin/sh", ["-c", script], environment: ["WORD": "hello"])
        #expect(try await child.exit() == .status(3))
        #expect(child.standardOutput == "hello\n")
        #expect(child.standardError == "oops\n")
        #expect(!child.isRunning)
    }

    @Test func `says which signal ended it`() async throws {
        let child = try ChildProcess("/bin/sh", ["-c", "exec sleep 600"])
        #expect(child.isRunning)
        child.send(SIGKILL)
        #expect(try await child.exit() == .signal(SIGKILL))
    }

    @Test func `has stopped once it is paused, and goes on when it is told to`() async throws {
        let child = try ChildProcess("/bin/sh", ["-c", "exec sleep 600"])
        let path = "/proc/\(child.processID)/status"
        func isStopped() throws -> Bool {
            try String(contentsOfFile: path, encoding: .utf8).contains("State:\tT")
        }
        try await child.pause()
        #expect(try isStopped())
        child.send(SIGCONT)
        try await poll(until: "it goes on") { try !isStopped() }
    }

    @Test func `is killed when nobody holds it`() async throws {
        var child: ChildProcess? = try ChildProcess("/bin/sh", ["-c", "exec sleep 600"])
        let process = try #require(child?.processID)
        child = nil
        try await poll(until: "process \(process) is gone") { kill(process, 0) != 0 }
    }

    @Test func `that cannot be started is an error`() {
        let failure = #expect(throws: ChildProcess.SpawnFailure.self) {
            _ = try ChildProcess("/nowhere/at/all")
        }
        #expect(failure?.description == "cannot start /nowhere/at/all: No such file or directory")
    }

    @Test func `may be a product of this package`() {
        #expect(FileManager.default.isExecutableFile(atPath: Products.path("adod")))
    }
}
