import Foundation
import Provenance
import ProvenanceFiles
import TestSupport
import Testing

@Suite struct `A trace file` {
    private static let good = """
        {"object": "kv", "trace": [{"method": "set", "args": ["x", 1]},
         {"method": "set", "args": ["x<y", [null, true]]}],
         "input": {"method": "get", "args": ["x"]}}
        """

    @Test func `is explained, as text and as JSON that reads back`() throws {
        let answer = try read(Self.good).explain(.exact)
        #expect(
            answer.text == """
                get("x") replied 1
                └─ witness 1
                   └─ 1  set("x", 1)
                exact: these calls together, and nothing else, are the cause
                1 of 2 calls before it could matter

                """)
        #expect(answer.json.contains("\"witnesses\""))
        #expect(answer.json.contains("\"version\" : 1"))
        #expect(try read(Self.good).explain(.latest).verdict == .oneOf)
    }

    @Test(arguments: [
        ("[]", "the file"), ("{", "the file"), ("", "the file"),
        (#"{"trace": [], "input": {"method": "get"}}"#, "has no \"object\""),
        (
            #"{"object": "kv", "trace": [{"method": 1}], "input": {"method": "get"}}"#,
            "trace 1 method"
        ),
        (
            #"{"object": "kv", "trace": [{"method": "set", "args": [1.5]}], "input": {}}"#,
            "trace 1 args"
        ),
    ])
    func `that is none is refused with the place`(text: String, place: String) {
        let failure = #expect(throws: TraceFailure.self) { try read(text) }
        #expect(failure?.description.contains(place) == true, "\(failure?.description ?? "")")
    }

    @Test(arguments: [
        ("kv", call("frob"), "which kv does not have; it has get(text), set(text, value)"),
        ("kv", call("set", "x"), "but the method is set(text, value)"),
        ("kv", call("incrby", "x", "1"), "but the method is incrby(text, number)"),
        ("nothing", call("get", "x"), "there is no object nothing; there are kv, register"),
    ])
    func `of calls that the object does not have is refused`(
        object: String, bad: TraceCall, sentence: String
    ) {
        let file = TraceFile(object: object, trace: [bad], input: call("get", "x"))
        let failure = #expect(throws: TraceFailure.self) { try file.explain(.exact) }
        #expect(failure?.description.contains(sentence) == true, "\(failure?.description ?? "")")
        let input = TraceFile(object: object, trace: [], input: bad)
        #expect(throws: TraceFailure.self) { try input.explain(.exact) }
    }

    @Test func `is read from its path, and refused if it cannot be`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("trace.json")
        try Self.good.write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try TraceFile(path: path) == read(Self.good))
        let failure = #expect(throws: TraceFailure.self) {
            try TraceFile(path: directory.path("none"))
        }
        #expect(failure?.description.hasSuffix("check that it is a file and yours to read") == true)
    }

    private func read(_ text: String) throws(TraceFailure) -> TraceFile {
        try TraceFile(json: Array(text.utf8))
    }
}

@Suite struct `A drawing of an explanation` {
    private func answer() throws -> ExplanationReport {
        try TraceFile(
            object: "kv", trace: [call("set", "<\"&\n", 1), call("set", "<\"&\n", 1)],
            input: call("get", "<\"&\n")
        ).explain(.exact)
    }

    @Test func `as SVG escapes what the log holds, and needs nothing from outside`() throws {
        let svg = try answer().graph.svg
        #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
        #expect(svg.contains("&lt;\\&quot;&amp;\\n"))
        #expect(!svg.contains("href") && !svg.contains("url("))
        #expect(svg.components(of: "<rect").count == 3, "two calls and the reply")
        #expect(
            svg.components(of: "<path").count == 4, "each call to its witness, each to the reply")
    }

    @Test func `for Graphviz quotes what the log holds`() throws {
        let dot = try answer().graph.dot
        #expect(dot.hasPrefix("digraph why {") && dot.contains("reply -> w1;"))
        #expect(dot.contains("label=\"1  set(\\\"<\\\\\\\"&\\\\n\\\", 1)\""))
    }

    @Test func `of a reply without a cause says nothing`() throws {
        let answer = try TraceFile(object: "kv", trace: [], input: call("get", "x")).explain(.exact)
        #expect(answer.text.contains("└─ nothing"))
        #expect(answer.graph.svg.contains("<circle"))
    }
}

extension String {
    fileprivate func components(of part: String) -> [Range<String.Index>] { ranges(of: part) }
}
