import Foundation

/// Libraries in C that stand between a server and the kernel, compiled where they are needed.
package enum ShimSource {
    /// A shim could not be compiled.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Compiles a library to preload into a server.
    package static func library(_ name: String, to output: String) throws(Failure) {
        try compile(name, ["-shared", "-fPIC", "-lpthread"], to: output)
    }

    /// Compiles the program that shims are tried on.
    package static func probe(to output: String) throws(Failure) {
        try compile("probe", ["-llmdb"], to: output)
    }

    /// What a process needs so that a shim's functions are found before those of the C library.
    package static func environment(
        _ library: String, _ more: [String: String]
    ) -> [String: String] {
        var environment = more
        environment["LD_PRELOAD"] = library
        // A program built with a sanitizer otherwise insists that its runtime comes first.
        environment["ASAN_OPTIONS"] = "verify_asan_link_order=0"
        return environment
    }

    private static func compile(
        _ name: String, _ flags: [String], to output: String
    ) throws(Failure) {
        let source = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Shims/\(name).c").path
        guard FileManager.default.fileExists(atPath: source) else {
            throw Failure(
                description: "there is no \(source): run what was built in this source tree.")
        }
        let compiler = Process()
        compiler.executableURL = URL(filePath: try compilerPath())
        compiler.arguments =
            ["-std=c17", "-O1", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror"]
            + ["-o", output, source] + flags
        let errors = Pipe()
        compiler.standardError = errors
        do {
            try compiler.run()
        } catch {
            throw Failure(description: "the C compiler does not start: \(error)")
        }
        let said = errors.fileHandleForReading.readDataToEndOfFile()
        compiler.waitUntilExit()
        guard compiler.terminationStatus == 0 else {
            throw Failure(description: String(decoding: said, as: UTF8.self))
        }
    }

    /// The system's compiler, or the one beside `swift`.
    private static func compilerPath() throws(Failure) -> String {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        for name in ["cc", "clang"] {
            for folder in folders {
                let path = "\(folder)/\(name)"
                if FileManager.default.isExecutableFile(atPath: path) { return path }
            }
        }
        throw Failure(description: "there is no cc and no clang in PATH; install one.")
    }
}
