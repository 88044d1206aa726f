public import Foundation
public import Testing

/// A file of commands, each followed by the output it must print.
///
/// A command is one line; its output follows a line of four dashes and ends at a blank line. Lines
/// that start with `#` say why the next command is there:
///
/// ```
/// # Node 3 outbids node 2 before it has asked for a vote.
/// prepare 1.3
/// ----
/// promised 1.3, send after write 2
/// ```
///
/// Run with `TRANSCRIPT_REWRITE=1` to write down what the code does now, then read the difference:
/// commit it only if you can say why each line changed.
public struct Transcript: Sendable, CustomTestStringConvertible {
    /// The file.
    public let url: URL

    /// The file's name, as the test report shows it.
    public var testDescription: String { url.lastPathComponent }

    /// Creates a transcript from the file at `url`.
    public init(at url: URL) {
        self.url = url
    }

    /// Finds the transcripts, files that end in `.txt`, of a folder beside the calling source file.
    public static func all(in folder: String = "Transcripts", beside file: String = #filePath)
        -> [Transcript]
    {
        let url = URL(filePath: file).deletingLastPathComponent().appending(path: folder)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        return names.sorted().filter { $0.hasSuffix(".txt") }
            .map { Transcript(at: url.appending(path: $0)) }
    }

    /// Runs every command through `handle` and compares, or rewrites.
    ///
    /// - Throws: What `handle` throws, or a failure to read the file.
    public func check(
        sourceLocation: SourceLocation = #_sourceLocation,
        _ handle: (String) throws -> String
    ) throws {
        if ProcessInfo.processInfo.environment["TRANSCRIPT_REWRITE"] == "1" {
            let text = try String(contentsOf: url, encoding: .utf8)
            try Self.replay(text, handle).write(to: url, atomically: true, encoding: .utf8)
            return
        }
        if let difference = try difference(handle) {
            Issue.record("\(url.lastPathComponent):\(difference)", sourceLocation: sourceLocation)
        }
    }

    /// Runs every command through `handle` and describes the first line that is not as written.
    public func difference(_ handle: (String) throws -> String) throws -> String? {
        let expected = try String(contentsOf: url, encoding: .utf8)
        return Self.firstDifference(expected, try Self.replay(expected, handle))
    }

    /// Returns `text` with every command's output replaced by what `handle` returns for it.
    ///
    /// An empty line of output would end the output, so it is written as a single dot.
    public static func replay(_ text: String, _ handle: (String) throws -> String) rethrows
        -> String
    {
        var output: [String] = []
        var skipping = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.isEmpty { skipping = false }
            if skipping { continue }
            output.append(String(line))
            if line.isEmpty || line.hasPrefix("#") { continue }
            output.append("----")
            for answer in try handle(String(line))
                .split(separator: "\n", omittingEmptySubsequences: false)
            {
                output.append(answer.isEmpty ? "." : String(answer))
            }
            skipping = true
        }
        if skipping { output.append("") }
        return output.joined(separator: "\n")
    }

    /// Describes the first line in which two texts differ; nil if they are equal.
    public static func firstDifference(_ expected: String, _ actual: String) -> String? {
        if expected == actual { return nil }
        let expected = expected.split(separator: "\n", omittingEmptySubsequences: false)
        let actual = actual.split(separator: "\n", omittingEmptySubsequences: false)
        var line = 0
        while line < expected.count, line < actual.count, expected[line] == actual[line] {
            line += 1
        }
        let wanted = line < expected.count ? "\"\(expected[line])\"" : "the end"
        let found = line < actual.count ? "\"\(actual[line])\"" : "the end"
        return "\(line + 1): expected \(wanted), got \(found)"
    }
}
