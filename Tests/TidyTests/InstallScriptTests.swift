import Foundation
import TestSupport
import Testing

/// The script that makes a bare machine able to build, run against pretended machines: a directory
/// of fake commands is all that its PATH holds.
@Suite struct `The install script` {
    @Test func `is silent where nothing is missing`() async throws {
        let machine = try await Machine(["pkg-config": "exit 0", "apt-get": Self.recordAndFail])
        let run = try await machine.install()
        #expect(run.exit == .status(0))
        #expect(run.errors == "")
        #expect(machine.aptCalls == [])
    }

    @Test func `installs exactly what is missing and says so in one line`() async throws {
        let machine = try await Machine([
            "pkg-config": "[ \"$2\" != lmdb ]", "apt-get": Self.record, "id": "echo 0",
        ])
        let run = try await machine.install()
        #expect(run.exit == .status(0))
        let command = "apt-get install -y liblmdb-dev"
        #expect(run.errors == "install: missing: liblmdb-dev; installing with: \(command)\n")
        #expect(machine.aptCalls == ["install -y --no-install-recommends liblmdb-dev"])
    }

    @Test func `fetches the package lists if they are out of date`() async throws {
        let outdated =
            Self.record + "\n[ \"$1\" = update ] && : >\"$0.updated\"; [ -e \"$0.updated\" ]"
        let machine = try await Machine([
            "pkg-config": "exit 1", "apt-get": outdated, "id": "echo 0",
        ])
        #expect(try await machine.install().exit == .status(0))
        #expect(machine.aptCalls.map { $0.prefix(7) } == ["install", "update", "install"])
    }

    @Test func `uses sudo where it is not root`() async throws {
        let machine = try await Machine([
            "pkg-config": "exit 1", "apt-get": Self.record, "id": "echo 1000",
            "sudo": "echo sudo >>\"${0%/*}/calls\"; exec \"$@\"",
        ])
        #expect(try await machine.install().exit == .status(0))
        #expect(machine.aptCalls.first == "sudo")
    }

    @Test func `names the command to run where it cannot`() async throws {
        let machine = try await Machine(["apt-get": Self.recordAndFail, "id": "echo 1000"])
        let run = try await machine.install("gcc")
        #expect(run.exit == .status(1))
        let packages = "pkg-config libuv1-dev liblmdb-dev libxxhash-dev gcc"
        #expect(run.errors.contains("as root, run: apt-get install -y \(packages)"))
        #expect(run.errors.split(separator: "\n").count == 1)
        #expect(machine.aptCalls == [])
    }

    @Test func `names the command to run where it failed`() async throws {
        let machine = try await Machine([
            "pkg-config": "exit 1", "apt-get": Self.recordAndFail, "id": "echo 0",
        ])
        let run = try await machine.install()
        #expect(run.exit == .status(1))
        #expect(run.errors.contains("as root, run: apt-get update && apt-get install -y"))
    }

    private static let record = "echo \"$@\" >>\"${0%/*}/calls\""
    private static let recordAndFail = record + "; exit 100"
}

/// A pretended machine on which only the given commands exist, and those the script always needs.
private struct Machine {
    private let directory: TemporaryDirectory

    /// The files are written by a shell: one that this process had open for writing could still be
    /// open in a child just forked for another test, and then it cannot be run ("text file busy").
    init(_ commands: [String: String]) async throws {
        directory = try TemporaryDirectory()
        var script = "cd '\(directory.path)'; for c in mktemp rm cat; do\n"
        script += "ln -s \"$(command -v $c)\" $c; done\n"
        for (name, body) in commands {
            script += "cat >\(name) <<'END'\n#!/bin/sh\n\(body)\nEND\nchmod +x \(name)\n"
        }
        let shell = try ChildProcess("/bin/sh", ["-ec", script])
        try #require(await shell.exit() == .status(0), "\(shell.standardError)")
    }

    /// What was asked of the pretended apt-get and sudo.
    var aptCalls: [String] {
        let path = directory.path("calls")
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    func install(_ tools: String...) async throws -> (exit: ChildProcess.Exit, errors: String) {
        let script = Tree.root.appending(path: ".ci/install").path
        let environment = ["PATH": directory.path]
        let child = try ChildProcess("/bin/sh", [script] + tools, environment: environment)
        return (try await child.exit(), child.standardError)
    }
}
