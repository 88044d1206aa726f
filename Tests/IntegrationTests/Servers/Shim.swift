import Foundation
import Synchronization
import TestSupport

/// C programs of these tests, compiled when first asked for, once for the whole run.
enum Shim {
    /// A library to preload into a server.
    static func library(_ name: String) async throws -> String {
        try await built.path(of: name, ["-shared", "-fPIC", "-lpthread"])
    }

    /// The program the shims are tried on.
    static func probe() async throws -> String {
        try await built.path(of: "probe", ["-llmdb"])
    }

    /// What a process needs so that a shim's functions are found before those of the C library.
    static func environment(_ library: String, _ more: [String: String]) -> [String: String] {
        var environment = more
        environment["LD_PRELOAD"] = library
        // A program built with a sanitizer otherwise insists that its runtime comes first.
        environment["ASAN_OPTIONS"] = "verify_asan_link_order=0"
        return environment
    }

    private static let built = Built()
}

private actor Built {
    private struct CompilerFailed: Error, CustomStringConvertible {
        let description: String
    }

    private let directory = Result { try TemporaryDirectory() }
    private var started: [String: Task<String, any Error>] = [:]

    func path(of name: String, _ flags: [String]) async throws -> String {
        if let task = started[name] { return try await task.value }
        let output = try directory.get().path(name)
        let task = Task { try await Self.compile(name, flags, to: output) }
        started[name] = task
        return try await task.value
    }

    private static func compile(_ name: String, _ flags: [String], to output: String) async throws
        -> String
    {
        let shims = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Shims")
        let source = shims.appending(path: "\(name).c").path
        let arguments =
            ["-std=c17", "-O1", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror"]
            + ["-o", output, source] + flags
        let compiler = try ChildProcess(try compilerPath(), arguments)
        guard try await compiler.exit() == .status(0) else {
            throw CompilerFailed(description: compiler.standardError)
        }
        return output
    }

    /// The system's compiler, or the one beside `swift`.
    private static func compilerPath() throws -> String {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        for name in ["cc", "clang"] {
            for folder in folders {
                let path = "\(folder)/\(name)"
                if FileManager.default.isExecutableFile(atPath: path) { return path }
            }
        }
        throw CompilerFailed(description: "there is no cc and no clang in PATH; install one")
    }
}
