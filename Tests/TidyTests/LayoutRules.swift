extension Rule {
    /// How a line may look.
    static let layout: [Rule] = [
        .eachLine(
            "no line is over 100 columns wide", in: { $0.isCode || $0.path.hasSuffix(".sh") },
            mustReject: [SourceFile("a.c", "/* " + String(repeating: "-", count: 98))],
            mustAccept: [SourceFile("a.c", String(repeating: "é", count: 100))]
        ) { _, line in
            line.utf8.count > 100 && line.count > 100 ? "is \(line.count) columns wide" : nil
        },
        .eachLine(
            "no line holds a tab", in: { _ in true },
            mustReject: [SourceFile("a.md", "a\tb"), SourceFile("a.h", "\tint x;")],
            mustAccept: [SourceFile("a.h", "    int x;")]
        ) { _, line in
            line.utf8.contains(9) ? "holds a tab" : nil
        },
        .eachLine(
            "no line ends in a space", in: { _ in true },
            mustReject: [SourceFile("a.swift", "let x = 1 \n"), SourceFile("a.md", "a\r\n")],
            mustAccept: [SourceFile("a.swift", "let x = 1\n\n")]
        ) { _, line in
            line.last?.isWhitespace == true ? "ends in a space" : nil
        },
        Rule(
            name: "every file ends in one newline", appliesTo: { _ in true },
            check: { file in
                if file.text.hasSuffix("\n"), !file.text.hasSuffix("\n\n") { return [] }
                let what = "is the last line, and does not end in exactly one newline"
                return [Finding(path: file.path, line: file.length, what: what)]
            },
            mustReject: [SourceFile("a.c", "int x;"), SourceFile("a.c", "int x;\n\n")],
            mustAccept: [SourceFile("a.c", "int x;\n")]),
    ]
}
