import Foundation
import Linearizability
import Testing

#if canImport(FoundationXML)
import FoundationXML
#endif

@Suite struct `An explanation` {
    typealias Operation = History<KeyValueModel<String, Int>.Input, Int?>.Operation

    private func explain(_ operations: [Operation]) throws -> Explanation {
        try #require(KeyValueModel().check(try History(operations)).explanation)
    }

    private let stale: [Operation] = [
        .op(1, 0...10, .set("x", 1), nil), .op(2, 12...30, .set("x", 2), 1),
        .lost(4, 15, .set("x", 7)), .op(3, 35...50, .get("x"), 2),
        .op(1, 70...80, .get("x"), 2), .op(2, 72...95, .get("x"), 1),
        .op(5, 78...110, .remove("x"), 2), .op(1, 200...210, .get("y"), nil),
    ]

    @Test func `draws the window as text`() throws {
        #expect(try explain(stale).text == staleRead)
    }

    @Test func `names the window, and the longest order before it`() throws {
        let explanation = try explain(stale)
        #expect(explanation.key == "x")
        #expect(explanation.unplaceable == [5])
        #expect(explanation.window == [2, 4, 5, 6])
        #expect(explanation.prefix.prefix(4) == [0, 1, 3, 4])
        #expect(!explanation.prefix.contains(5))
        #expect(explanation.description == explanation.text)
    }

    @Test func `names the one whose place would be taken`() throws {
        let explanation = try explain([
            .op(1, 0...10, .set("x", 1), nil), .op(2, 5...15, .set("x", 2), nil),
        ])
        #expect(explanation.unplaceable == [1, 0])
        #expect(
            explanation.sentence == "set x = 2 -> nothing of client 2 has no place: only the state "
                + "\"nothing\" would allow it, and there it leaves no place for "
                + "set x = 1 -> nothing of client 1.")
    }

    @Test func `draws an image that is XML, and needs nothing else`() throws {
        let svg = try explain(stale).svg
        let image = try Image(svg)
        #expect(image.names.first == "svg")
        #expect(image.names.count { $0 == "rect" } == 1 + 7)
        #expect(image.text.contains("get x -> 1 of client 2 has no place"))
        #expect(svg.contains("@media (prefers-color-scheme: dark)"))
        for outside in ["href", "url(", "@import", "<script", "<image", "<foreignObject"] {
            #expect(!svg.contains(outside))
        }
    }

    @Test func `keeps hostile texts harmless`() throws {
        let unwanted: [Unicode.GeneralCategory] = [
            .control, .format, .lineSeparator, .paragraphSeparator,
        ]
        let names = [
            "</text><script>alert('\"&')</script>", "a\nb\tc\u{0}\u{1b}[31m", "\u{202e}\u{2028}]]>",
            String(repeating: "long ", count: 5000), "\u{ffff}\u{feff}", "",
        ]
        for name in names {
            let explanation = try explain([.op(.max, 0 ... .max, .get(name), 1)])
            let image = try Image(explanation.svg)
            #expect(!image.names.contains("script"))
            for text in [explanation.text, explanation.svg] {
                #expect(text.count < 6000)
                #expect(
                    text.unicodeScalars.allSatisfy {
                        $0 == "\n" || !unwanted.contains($0.properties.generalCategory)
                    })
            }
        }
    }

    @Test func `stays small however many operations overlap`() throws {
        let crowd = (0..<500).map { Operation.op($0, 10...20, .get("x"), nil) }
        let lost = (500..<900).map { Operation.lost($0, 5, .set("x", Int($0))) }
        let wrong = Operation.op(1000, 10...20, .get("x"), -1)
        let explanation = try explain(crowd + lost + [wrong])
        #expect(explanation.window.count == 901)
        #expect(explanation.text.split(separator: "\n").count < 60)
        #expect(explanation.text.contains("877 more that overlap it"))
        #expect(try Image(explanation.svg).names.count { $0 == "rect" } == 1 + 24)
    }

    @Test func `gives a client a second lane where its operations overlap`() throws {
        let explanation = try explain([
            .lost(7, 0, .set("x", 1)), .lost(7, 2, .set("x", 2)), .op(7, 5...6, .get("x"), 3),
        ])
        #expect(explanation.text.split(separator: "\n").count { $0.hasPrefix("client 7") } == 3)
    }
}

private let staleRead = """
    Not linearizable. Key x: get x -> 1 of client 2 has no place: from its call at 72 to its
    return at 95 the state can only be "nothing", "2" or "7", and none allows it, whether or not
    the operation of unknown outcome took effect.
    The longest order has a place for 5 of 7 operations.

    client 1  ├1───┤                        ├5───┤
    client 2            ├2───┤              ╞6═══╡
    client 3                      ├4───┤
    client 4            ├3╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌?
    client 5                                ├7───┤

    1  client 1  0..10    set x = 1 -> nothing  place 1
    2  client 2  12..30   set x = 2 -> 1        place 2
    3  client 4  15..?    set x = 7             unknown, and of no help
    4  client 3  35..50   get x -> 2            place 3
    5  client 1  70..80   get x -> 2            place 4
    6  client 2  72..95   get x -> 1            NO PLACE
    7  client 5  78..110  remove x -> 2         place 5

    """

/// The elements and the text of an XML document; making it fails if it is none.
private final class Image: NSObject, XMLParserDelegate {
    private(set) var names: [String] = []
    private(set) var text = ""

    init(_ document: String) throws {
        super.init()
        let parser = XMLParser(data: Data(document.utf8))
        parser.delegate = self
        if !parser.parse() { throw parser.parserError ?? CocoaError(.fileReadCorruptFile) }
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
        qualifiedName: String?, attributes: [String: String]
    ) {
        names.append(name)
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
        text += string
    }
}
