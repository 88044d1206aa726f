public import Foundation

/// A fresh directory that is removed with its contents when the last reference to it goes.
///
/// Keep it in a property of the suite, or use ``with(_:)``: a local variable may be released after
/// its last use, before the code that still needs the files.
public final class TemporaryDirectory: Sendable {
    /// Where it is.
    public let url: URL

    /// Where it is, as a string.
    public var path: String { url.path }

    /// Creates an empty directory with a name of its own.
    ///
    /// - Throws: What the file manager says if it cannot be created.
    public init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "ado-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    /// Returns the path of `name` inside the directory.
    public func path(_ name: String) -> String {
        url.appending(path: name).path
    }

    /// Runs `body` with a fresh directory and removes it afterwards.
    public static func with<Result>(_ body: (TemporaryDirectory) throws -> Result) throws -> Result
    {
        let directory = try TemporaryDirectory()
        return try withExtendedLifetime(directory) { try body(directory) }
    }

    /// Runs `body` with a fresh directory and removes it afterwards.
    public static func with<Result>(
        isolation: isolated (any Actor)? = #isolation,
        _ body: (TemporaryDirectory) async throws -> Result
    ) async throws -> Result {
        let directory = try TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        return try await body(directory)
    }
}
