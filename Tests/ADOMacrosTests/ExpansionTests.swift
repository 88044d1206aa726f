#if Macros
import Foundation
import TestSupport
import Testing

/// A file with a source, a line of four dashes, and what it must expand to.
private struct Golden: Sendable, CustomTestStringConvertible {
    let url: URL
    var testDescription: String { url.lastPathComponent }

    static let all: [Golden] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Expansions")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.sorted().map { Golden(url: folder.appending(path: $0)) }
    }()

    /// The file as it should be.
    func renewed(_ text: String) throws -> String {
        let parts = text.split(separator: "\n----\n", maxSplits: 1)
        let source = String(try #require(parts.first))
        let expanded = Expander(source)
        #expect(expanded.diagnostics == [])
        return source + "\n----\n" + expanded.text + "\n"
    }
}

@Suite struct `An expansion` {
    @Test(arguments: Golden.all) fileprivate func `is as written down`(golden: Golden) throws {
        let text = try String(contentsOf: golden.url, encoding: .utf8)
        let renewed = try golden.renewed(text)
        if ProcessInfo.processInfo.environment["TRANSCRIPT_REWRITE"] == "1" {
            return try renewed.write(to: golden.url, atomically: true, encoding: .utf8)
        }
        if let difference = Transcript.firstDifference(text, renewed) {
            Issue.record("\(golden.url.lastPathComponent):\(difference)")
        }
    }

    @Test func `is checked against files that exist`() {
        #expect(Golden.all.count >= 3)
    }

    @Test func `that differs in one line is found`() throws {
        let golden = try #require(Golden.all.first)
        let text = try String(contentsOf: golden.url, encoding: .utf8)
        let planted = text.replacing("isReadOnly", with: "isReadonly", maxReplacements: 1)
        #expect(planted != text)
        #expect(Transcript.firstDifference(planted, try golden.renewed(planted)) != nil)
    }
}
#endif
