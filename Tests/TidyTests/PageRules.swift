import Foundation

extension Rule {
    /// What a page owes its reader.
    static let pages: [Rule] = [
        Rule(
            name: "every page has one title", appliesTo: \.isPage,
            check: { file in
                let titles = prose(of: file).filter { $0.text.hasPrefix("# ") }
                if titles.count == 1 { return [] }
                let line = titles.dropFirst().first?.line ?? 1
                let what = "makes \(titles.count) titles, not one"
                return [Finding(path: file.path, line: line, what: what)]
            },
            mustReject: [
                SourceFile("a.md", "# One\n\n# Two\n"), SourceFile("a.md", "text\n"),
            ],
            mustAccept: [SourceFile("a.md", "# One\n\n```\n# a comment\n```\n## More\n")]),
        Rule(
            name: "the README has at most 120 lines", appliesTo: { $0.path == "README.md" },
            check: { file in
                guard file.length > 120 else { return [] }
                return [Finding(path: file.path, line: 121, what: "is over the limit of 120")]
            },
            mustReject: [SourceFile("README.md", String(repeating: "\n", count: 121))],
            mustAccept: [
                SourceFile("README.md", String(repeating: "\n", count: 120)),
                SourceFile("docs/A.md", String(repeating: "\n", count: 121)),
            ]),
        Rule(
            name: "every link between pages leads somewhere", appliesTo: \.isPage,
            check: deadLinks,
            mustReject: [
                SourceFile("docs/A.md", "[gone](nothing-here.md)"),
                SourceFile("docs/A.md", "see [this](../README.md#no-such-heading)\n"),
                SourceFile("docs/A.md", "# A\n[here](#nowhere)\n"),
            ],
            mustAccept: [
                SourceFile("docs/A.md", "[manifest](../Package.swift) [w](https://example.org)"),
                SourceFile("docs/A.md", "# A\n\n## To `here`, and on\n[x](#to-here-and-on)\n"),
                SourceFile("docs/A.md", "`[not](a-link.md)`\n```\n[nor](this.md)\n```\n"),
            ]),
    ]
}

/// The lines of a page outside of code fences.
private func prose(of file: SourceFile) -> [(line: Int, text: Substring)] {
    var fenced = false
    return file.lines.enumerated().compactMap { number, line in
        if line.drop(while: { $0 == " " }).hasPrefix("```") {
            fenced.toggle()
            return nil
        }
        return fenced ? nil : (number + 1, line)
    }
}

private func deadLinks(in file: SourceFile) -> [Finding] {
    prose(of: file).flatMap { number, line in
        guard line.holds("](") else { return [Finding]() }
        let text = line.replacing(#/`[^`]*`/#, with: "")
        return text.matches(of: #/\]\(([^)\s]+)\)/#).compactMap { match -> Finding? in
            let link = String(match.1)
            if link.contains("://") || link.hasPrefix("mailto:") || leads(link, from: file) {
                return nil
            }
            return Finding(path: file.path, line: number, what: "links to \(link), which is not")
        }
    }
}

private func leads(_ link: String, from file: SourceFile) -> Bool {
    let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    var target = file
    if !parts[0].isEmpty {
        let folder = Tree.root.appending(path: file.path).deletingLastPathComponent()
        let url = folder.appending(path: String(parts[0])).standardizedFileURL
        if !FileManager.default.fileExists(atPath: url.path) { return false }
        if parts.count == 1 { return true }
        guard let text = try? String(contentsOf: url, encoding: .utf8) else { return false }
        target = SourceFile(url.path, text)
    }
    return headings(of: target).contains(String(parts[1]))
}

/// The anchors that a page's headings get: lower case, spaces as hyphens, other signs dropped.
private func headings(of file: SourceFile) -> Set<String> {
    Set(
        prose(of: file).filter { $0.text.hasPrefix("#") }.map { _, line in
            let title = line.drop { $0 == "#" }.drop { $0 == " " }.lowercased()
            return String(
                title.compactMap { sign in
                    if sign == " " { return "-" }
                    return sign.isLetter || sign.isNumber || "-_".contains(sign) ? sign : nil
                })
        })
}
