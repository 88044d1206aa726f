import Foundation
import Glibc

/// A file of the repository, by its path below the root.
struct SourceFile: Sendable {
    let path: String
    let text: String
    let lines: [Substring]

    init(_ path: String, _ text: String) {
        self.path = path
        self.text = text
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    var name: String { path.split(separator: "/").last.map(String.init) ?? path }
    var isC: Bool { path.hasSuffix(".c") || path.hasSuffix(".h") }
    var isSwift: Bool { path.hasSuffix(".swift") }
    var isPage: Bool { path.hasSuffix(".md") }
    var isCode: Bool { isC || isSwift }

    /// The number of lines, not counting the empty one after the last newline.
    var length: Int { text.hasSuffix("\n") ? lines.count - 1 : lines.count }
}

/// The files of this repository that the rules look at.
enum Tree {
    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    static let files: [SourceFile] = {
        let folders = ["CSources", "Sources", "Tests", "Benchmarks", "docs", "deploy"]
        let inFolders = folders.flatMap { folder in paths(below: folder) }
        let atTop = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
        return (inFolders + atTop.filter { $0.contains(".") && !$0.hasPrefix(".") })
            .filter { path in extensions.contains { path.hasSuffix($0) } }
            .sorted()
            .compactMap { path in
                let url = root.appending(path: path)
                guard let text = try? String(contentsOf: url, encoding: .utf8) else { return nil }
                return SourceFile(path, text)
            }
    }()

    private static let extensions = [".c", ".h", ".swift", ".md", ".sh"]

    private static func paths(below folder: String) -> [String] {
        let url = root.appending(path: folder)
        let found = FileManager.default.enumerator(atPath: url.path)?.compactMap { $0 as? String }
        // What a program wrote is as that program writes.
        return (found ?? []).filter { path in
            !path.split(separator: "/").contains { $0.hasPrefix(".") || $0 == "Generated" }
        }
        .map { folder + "/" + $0 }
    }
}

extension Substring {
    /// Whether it holds any of `words`: a cheap question to ask before a regular expression.
    func holds(_ words: String...) -> Bool {
        withCString { text in words.contains { strstr(text, $0) != nil } }
    }
}
