extension Rule {
    /// What was meant to go.
    static let leftovers: [Rule] = [
        .eachLine(
            "no leftover", in: { _ in true },
            mustReject: [
                SourceFile("a.c", "/* " + "TO" + "DO: later */"),
                SourceFile("a.md", "FIX" + "ME"),
                SourceFile("a.swift", "// XX" + "X"),
                SourceFile("a.swift", "    debug" + "Print(x)"),
                SourceFile("a.swift", "    print(\"DEB" + "UG\", x)"),
            ],
            mustAccept: [SourceFile("a.c", "mkdtemp(\"ado-XXXXXX\");")]
        ) { _, line in
            // One letter of each word is an escape, so that this line is not a leftover itself.
            guard line.holds("FIXM\u{45}", "TOD\u{4f}", "XX\u{58}", "debugPrin\u{74}", "print(\"")
            else { return nil }
            let word = #/\b(FIXM\x45|TOD\x4F|XX\x58|debugPrin\x74)\b|print\("DEBU\x47/#
            return line.firstMatch(of: word).map { "says \($0.0)" }
        },
        .eachLine(
            "no library prints", in: isLibrary,
            mustReject: [SourceFile("Sources/ADO/A.swift", "        print(state)")],
            mustAccept: [
                SourceFile("Sources/adoctl/A.swift", "    print(table)"),
                SourceFile("Sources/ADO/A.swift", "    /// print(state)"),
            ]
        ) { _, line in
            guard line.holds("print(", "dump(") else { return nil }
            return line.prefixMatch(of: #/\s*(print|dump)\(/#) == nil ? nil : "prints"
        },
        .eachLine(
            "no trap without a reason", in: { $0.path.hasPrefix("Sources/") },
            mustReject: [
                SourceFile("Sources/ADO/A.swift", "    let x = try! f()"),
                SourceFile("Sources/ADO/A.swift", "    fatalError()"),
            ],
            mustAccept: [SourceFile("Sources/ADO/A.swift", "    precondition(x > 0)")]
        ) { _, line in
            guard line.holds("try!", "fatalError(") else { return nil }
            return line.firstMatch(of: #/\btry!|\bfatalError\(/#).map { "says \($0.0)" }
        },
    ]

    @Sendable static func isLibrary(_ file: SourceFile) -> Bool {
        ["ADO", "ADOObjects", "ADOApps", "MultiPaxos"].contains {
            file.path.hasPrefix("Sources/\($0)/")
        }
    }
}
