extension Rule {
    /// What a public C header owes its reader.
    static let headers: [Rule] = [
        Rule(
            name: "every public C prototype has a comment", appliesTo: isPublicHeader,
            check: { file in
                barePrototypes(in: file).map {
                    let what = "declares \($0.name) without a comment"
                    return Finding(path: file.path, line: $0.line, what: what)
                }
            },
            mustReject: [
                header("/* F. */\nvoid mp_f(void);\n\nint mp_g(int a,\n         int b);\n"),
                header("#define A 1\nvoid mp_f(void);\n"),
            ],
            mustAccept: [
                header("/* F and g. */\nvoid mp_f(void);\nint mp_g(int a,\n         int b);\n"),
                header("/* S. */\nstruct mp_s {\n    int a;\n};\nvoid mp_f(struct mp_s *s);\n"),
            ]),
        Rule(
            name: "every C header is guarded to its end", appliesTo: { $0.path.hasSuffix(".h") },
            check: { file in
                let closing = file.lines.last { !$0.isEmpty } ?? ""
                let opens = file.lines.contains { $0.hasPrefix("#ifndef ") }
                let isShim = file.name == "shim.h"
                if isShim || (opens && closing.hasPrefix("#endif")) { return [] }
                let what = "is not the #endif of an include guard"
                return [Finding(path: file.path, line: file.length, what: what)]
            },
            mustReject: [
                header("int x;\n"), header("#ifndef A\n#define A\n#endif\nint x;\n"),
            ],
            mustAccept: [header("#ifndef A\n#define A\nint x;\n#endif /* A */\n")]),
    ]

    @Sendable static func isPublicHeader(_ file: SourceFile) -> Bool {
        file.path.hasPrefix("CSources/") && file.path.contains("/include/")
            && file.path.hasSuffix(".h")
    }
}

private func header(_ text: String) -> SourceFile {
    SourceFile("CSources/CMultiPaxos/include/mp/a.h", text)
}

/// The prototypes in paragraphs that do not begin with a comment.
///
/// One comment may speak for several declarations: those up to the next empty line.
private func barePrototypes(in file: SourceFile) -> [(name: String, line: Int)] {
    var bare: [(String, Int)] = []
    var isCommented = false
    var isParagraphStart = true
    for (number, line) in file.lines.enumerated() {
        if line.isEmpty {
            isParagraphStart = true
            continue
        }
        if isParagraphStart { isCommented = line.drop { $0 == " " }.hasPrefix("/*") }
        isParagraphStart = false
        let prototype = #/^[A-Za-z_][\w \*]*?\b(mp_\w+)\(/#
        guard line.holds("mp_"), let found = line.prefixMatch(of: prototype),
            !line.hasPrefix("static ")
        else { continue }
        if !isCommented, !line.hasPrefix("typedef") { bare.append((String(found.1), number + 1)) }
    }
    return bare
}
