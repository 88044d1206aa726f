private let functionMax = 70
private let fileMax = 600

extension Rule {
    /// How long things may be.
    static let lengths: [Rule] = [
        Rule(
            name: "no C function is over 70 lines", appliesTo: \.isC,
            check: { tooLong(cFunctions(in: $0), in: $0) },
            mustReject: [
                cFunction("static int f(int a) {", bodyLines: 69),
                cFunction("static int f(int a,\n             int b) {", bodyLines: 69),
            ],
            mustAccept: [
                cFunction("static int f(int a) {", bodyLines: 68),
                cFunction("static const int table[] = {", bodyLines: 90),
            ]),
        Rule(
            name: "no Swift function is over 70 lines", appliesTo: \.isSwift,
            check: { tooLong(swiftFunctions(in: $0), in: $0) },
            mustReject: [
                swiftFunction("private func f() throws {", bodyLines: 69),
                swiftFunction("init?(\n        a: Int\n    ) {", bodyLines: 69),
                swiftFunction("@Test func `adds up`() {", bodyLines: 69),
                swiftFunction("deinit {", bodyLines: 69),
                swiftFunction("var all: [Int] {", bodyLines: 69),
            ],
            mustAccept: [
                swiftFunction("private func f() throws {", bodyLines: 68),
                swiftFunction("struct S {", bodyLines: 90),
                swiftFunction("func required()\n\n    struct S {", bodyLines: 90),
            ]),
        Rule(
            name: "no file is over 600 lines", appliesTo: { _ in true },
            check: { file in
                guard file.length > fileMax else { return [] }
                let what = "the file has \(file.length) lines"
                return [Finding(path: file.path, line: file.length, what: what)]
            },
            mustReject: [SourceFile("a.swift", String(repeating: "\n", count: 601))],
            mustAccept: [SourceFile("a.swift", String(repeating: "\n", count: 600))]),
    ]
}

private struct Function {
    let line: Int
    let length: Int
}

private func tooLong(_ functions: [Function], in file: SourceFile) -> [Finding] {
    functions.filter { $0.length > functionMax }.map {
        Finding(path: file.path, line: $0.line, what: "starts a function of \($0.length) lines")
    }
}

/// The C functions, found by layout alone: from an unindented line, whose signature ends in `) {`,
/// to the next brace in column one.
private func cFunctions(in file: SourceFile) -> [Function] {
    var functions: [Function] = []
    var candidate: Int?
    var open: Int?
    for (number, line) in file.lines.enumerated() {
        if let start = open {
            guard line == "}" else { continue }
            functions.append(Function(line: start + 1, length: number - start + 1))
            open = nil
            continue
        }
        if let first = line.first, first.isLetter || first == "_" { candidate = number }
        if line.hasSuffix(") {") { open = candidate }
        if line.hasSuffix(";") || line.isEmpty { candidate = nil }
    }
    return functions
}

/// The Swift functions, initialisers and computed properties, found by the layout that the
/// formatter guarantees: the closing brace is as far to the right as the declaration.
private func swiftFunctions(in file: SourceFile) -> [Function] {
    let lines = blankingLongStrings(file.lines)
    return lines.indices.compactMap { start in
        guard isFunction(lines[start]), let open = bodyStart(lines, from: start) else { return nil }
        let close = lines[start].prefix { $0 == " " } + "}"
        guard let end = lines[open...].firstIndex(where: { $0 == close }) else { return nil }
        return Function(line: start + 1, length: end - start + 1)
    }
}

private func isFunction(_ line: Substring) -> Bool {
    guard line.holds("func ", "init", "subscript", "var ") else { return false }
    let declaration =
        #/^ *(@\w+(\(.*\))? |[a-z]+(\([a-z]+\))? )*(func |init[(?<]|deinit|subscript)/#
    let property = #/^ *([a-z]+(\([a-z]+\))? )*var \w+: [^=]*\{$/#
    return line.prefixMatch(of: declaration) != nil || line.wholeMatch(of: property) != nil
}

/// The line that ends the signature that starts at `start` with an open brace; nil if it has none.
private func bodyStart(_ lines: [Substring], from start: Int) -> Int? {
    let margin = lines[start].prefix { $0 == " " }.count
    for number in start..<lines.count {
        let line = lines[number]
        if line.hasSuffix("{") { return number }
        if number == start { continue }
        let text = line.drop { $0 == " " }
        let belongs = line.count - text.count > margin || text.hasPrefix(")") || text == "{"
        if !belongs { return nil }
    }
    return nil
}

private func blankingLongStrings(_ lines: [Substring]) -> [Substring] {
    var inside = false
    return lines.map { line in
        let delimiters = line.split(separator: #"""""#, omittingEmptySubsequences: false).count - 1
        let blank = inside
        if delimiters % 2 == 1 { inside.toggle() }
        return blank ? "" : line
    }
}

private func cFunction(_ signature: String, bodyLines: Int) -> SourceFile {
    SourceFile("a.c", signature + "\n" + String(repeating: "    x();\n", count: bodyLines) + "}\n")
}

private func swiftFunction(_ signature: String, bodyLines: Int) -> SourceFile {
    let body = String(repeating: "        let x = 1\n", count: bodyLines)
    return SourceFile("a.swift", "extension A {\n    \(signature)\n\(body)    }\n}\n")
}
