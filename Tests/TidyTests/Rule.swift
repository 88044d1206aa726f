import Testing

/// A breach of a rule: where, and what is wrong there.
struct Finding: CustomStringConvertible {
    let path: String
    let line: Int
    let what: String

    var description: String { "\(path):\(line) \(what)" }
}

/// One rule of the house style, with texts that it must reject and texts that it must leave alone:
/// a check that cannot fail checks nothing.
struct Rule: Sendable, CustomTestStringConvertible {
    let name: String
    let appliesTo: @Sendable (SourceFile) -> Bool
    let check: @Sendable (SourceFile) -> [Finding]
    let mustReject: [SourceFile]
    let mustAccept: [SourceFile]

    var testDescription: String { name }

    func findings(in file: SourceFile) -> [Finding] {
        appliesTo(file) ? check(file) : []
    }

    /// A rule that judges each line by itself; `judge` says what is wrong with it.
    static func eachLine(
        _ name: String, in appliesTo: @escaping @Sendable (SourceFile) -> Bool,
        mustReject: [SourceFile], mustAccept: [SourceFile],
        _ judge: @escaping @Sendable (SourceFile, Substring) -> String?
    ) -> Rule {
        Rule(
            name: name, appliesTo: appliesTo,
            check: { file in
                file.lines.enumerated().compactMap { number, line in
                    judge(file, line).map {
                        Finding(path: file.path, line: number + 1, what: $0)
                    }
                }
            },
            mustReject: mustReject, mustAccept: mustAccept)
    }

    static let all: [Rule] = layout + lengths + imports + leftovers + headers + pages
}
