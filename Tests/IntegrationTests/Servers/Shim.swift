import FaultTools
import TestSupport

/// The shims, compiled when first asked for, once for the whole run.
enum Shim {
    /// A library to preload into a server.
    static func library(_ name: String) async throws -> String {
        try await built.path(of: name) { try ShimSource.library(name, to: $0) }
    }

    /// The program the shims are tried on.
    static func probe() async throws -> String {
        try await built.path(of: "probe") { try ShimSource.probe(to: $0) }
    }

    private static let built = Built()
}

private actor Built {
    private let directory = Result { try TemporaryDirectory() }
    private var made: Set<String> = []

    func path(of name: String, _ compile: (String) throws -> Void) throws -> String {
        let output = try directory.get().path(name)
        if made.insert(name).inserted { try compile(output) }
        return output
    }
}
