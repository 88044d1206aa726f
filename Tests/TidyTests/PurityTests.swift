import Foundation
import TestSupport
import Testing

/// The core may call nothing that allocates, waits, reads a clock or talks to anybody: its objects
/// may leave only these symbols undefined, the last three for a failed assertion.
@Suite struct `The core` {
    static let allowed: Set = [
        "memcpy", "memmove", "memset", "memcmp", "abort", "fprintf", "stderr",
    ]

    @Test(arguments: ["-O0", "-O2"])
    func `calls nothing outside of itself`(optimization: String) async throws {
        let sources = Tree.files.map(\.path)
            .filter { $0.hasPrefix("CSources/CMultiPaxos/src/") && $0.hasSuffix(".c") }
            .map { Tree.root.appending(path: $0).path }
        #expect(!sources.isEmpty)
        let outside = try await undefinedSymbols(of: sources, optimization)
        #expect(outside.subtracting(Self.allowed) == [])
    }

    @Test func `would be caught if it allocated`() async throws {
        let outside = try await TemporaryDirectory.with { directory in
            let source = directory.path("planted.c")
            let text = "#include <stdlib.h>\nvoid *mp_planted(void) { return malloc(8); }\n"
            try text.write(toFile: source, atomically: true, encoding: .utf8)
            return try await undefinedSymbols(of: [source], "-O2")
        }
        #expect(outside.subtracting(Self.allowed) == ["malloc"])
    }

    /// Compiles C files and returns what their objects use and none of them defines.
    private func undefinedSymbols(of sources: [String], _ optimization: String) async throws
        -> Set<String>
    {
        try await TemporaryDirectory.with { directory in
            var objects: [String] = []
            let include = Tree.root.appending(path: "CSources/CMultiPaxos/include").path
            for (number, source) in sources.enumerated() {
                let object = directory.path("\(number).o")
                let flags = ["-std=c17", optimization, "-I", include, "-c", source, "-o", object]
                _ = try await run(try tool("clang", "cc"), flags)
                objects.append(object)
            }
            let nm = try tool("llvm-nm", "nm")
            let used = try await run(nm, ["--undefined-only", "--format=posix"] + objects)
            let defined = try await run(nm, ["--defined-only", "--format=posix"] + objects)
            return names(used).subtracting(names(defined))
        }
    }

    private func names(_ listing: String) -> Set<String> {
        Set(
            listing.split(separator: "\n").filter { !$0.hasSuffix(":") }
                .compactMap { $0.split(separator: " ").first.map(String.init) })
    }

    private func run(_ program: String, _ arguments: [String]) async throws -> String {
        let child = try ChildProcess(program, arguments)
        let exit = try await child.exit()
        try #require(exit == .status(0), "\(program): \(child.standardError)")
        return child.standardOutput
    }

    /// The first of `names` beside the swift command, or else on the PATH.
    private func tool(_ names: String...) throws -> String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders = path.split(separator: ":").map { URL(filePath: String($0)) }
        let compilers = folders.map { $0.appending(path: "swift") }
            .filter { FileManager.default.isExecutableFile(atPath: $0.path) }
            .map { $0.resolvingSymlinksInPath().deletingLastPathComponent() }
        for name in names {
            for folder in compilers + folders {
                let program = folder.appending(path: name).path
                if FileManager.default.isExecutableFile(atPath: program) { return program }
            }
        }
        throw MissingTool(description: "none of \(names) is beside swift or on the PATH")
    }

    private struct MissingTool: Error, CustomStringConvertible {
        let description: String
    }
}
