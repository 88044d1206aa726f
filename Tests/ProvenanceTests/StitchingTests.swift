import Foundation
import Provenance
import Testing

#if canImport(FoundationXML)
import FoundationXML
#endif

@Suite struct `A graph across objects` {
    /// An abort in one log, because of a vote in a second, because of a lock in a third; and what
    /// explains the abort was called by somebody who had seen the vote too.
    private func abort() throws -> ExplanationReport {
        var lock = try report("lock", [call("acquire", 1), call("acquire", 3)], call("acquire", 2))
        lock.index = 3
        lock.calls = [caller(3, "acquire(2)")]
        var vote = try report("queue", [call("enqueue", "no")], call("dequeue"))
        vote.index = 7
        vote.calls = [caller(7, "dequeue()", [("lock", 3)]), caller(1, "enqueue", [("kv", 9)])]
        vote.linked = [lock]
        var abort = try report(
            "kv", [call("set", "x", 1), call("set", "y", 1), call("set", "x", 1)], call("get", "x"))
        abort.index = 9
        abort.calls = [
            caller(9, "get", [("queue", 7), ("kv", 2)]), caller(3, "set", [("queue", 7)]),
            caller(2, "set", [("bank", 40)]),
        ]
        abort.linked = [vote]
        return abort
    }

    private func report(
        _ object: String, _ calls: [TraceCall], _ question: TraceCall
    ) throws -> ExplanationReport {
        try TraceFile(object: object, trace: calls, input: question).explain(.exact)
    }

    private func caller(
        _ index: Int, _ label: String, _ seen: [(object: String, index: Int)] = []
    ) -> CallReport {
        CallReport(
            index: index, label: label, ballot: "1.1", caller: "run", invocation: "ab", step: 1,
            seen: seen.map { "had seen \($0.object)@\($0.index)  <it>" },
            sightings: seen.map { .init(object: $0.object, index: $0.index, label: "<it>") })
    }

    @Test func `holds each log once, and each entry once`() throws {
        let graph = try abort().stitched
        #expect(graph.logs == ["kv", "queue", "lock", "bank"])
        let entries = graph.nodes.filter { $0.kind != .witness }.map { "\($0.log)@\($0.position!)" }
        #expect(Set(entries).count == entries.count)
        #expect(
            Set(entries)
                == ["0@1", "0@2", "0@3", "0@9", "1@1", "1@7", "2@1", "2@2", "2@3", "3@40"])
        #expect(Set(graph.nodes.map(\.id)).count == graph.nodes.count)
        #expect(graph.nodes.first?.id == "reply")
    }

    @Test func `leads from an entry to what its caller had seen in other logs, and no further`()
        throws
    {
        let graph = try abort().stitched
        let seen = graph.edges.filter(\.isSeen).map { "\($0.from) \($0.to)" }
        // The replies are the entries asked about; one's own log needs no caller.
        #expect(
            Set(seen) == [
                "reply l2_reply", "c3 l2_reply", "c2 l4_c40", "l2_reply l3_reply", "l2_c1 reply",
            ])
    }

    @Test func `says who called an entry, and tells a cause from what was only seen`() throws {
        let graph = try abort().stitched
        let kinds = Dictionary(uniqueKeysWithValues: graph.nodes.map { ($0.id, $0.kind) })
        #expect(kinds["c1"] == .call && kinds["c2"] == .seen && kinds["l4_c40"] == .seen)
        #expect(kinds["l2_reply"] == .reply, "seen, and explained too")
        let title = try #require(graph.nodes.first { $0.id == "c3" }?.title)
        #expect(
            title == """
                kv@3
                set("x", 1)
                called by run ab, call 1; owner 1.1
                had seen queue@7  <it>
                """)
    }

    @Test func `is the graph of the log where there is no other`() throws {
        let report = try report("kv", [call("set", "x", 1)], call("get", "x"))
        #expect(report.stitched.logs == ["kv"])
        #expect(report.stitched.nodes.map(\.id) == report.graph.nodes.map(\.id))
        #expect(report.stitched.edges == report.graph.edges)
    }

    @Test func `for Graphviz has a cluster for each log`() throws {
        let dot = try abort().stitched.dot
        for (number, object) in ["kv", "queue", "lock", "bank"].enumerated() {
            #expect(dot.contains("subgraph cluster_\(number) {\n    label=\"log of \(object)\";"))
        }
        #expect(dot.contains("reply -> w1;"))
        #expect(dot.contains("reply -> l2_reply [style=dashed"))
        #expect(dot.contains("tooltip=\"kv@3\\nset(\\\"x\\\", 1)\\ncalled by run ab"))
    }

    @Test func `as SVG lays nothing over anything else`() throws {
        let svg = try abort().stitched.svg
        let places = try Places(svg)
        #expect(places.boxes.count == 10 && places.circles.count == 5)
        let areas = places.boxes.map(\.area) + places.circles
        for (place, area) in areas.enumerated() {
            for other in areas.dropFirst(place + 1) { #expect(!area.intersects(other)) }
            #expect(places.picture.contains(area))
        }
        #expect(places.columns.count == 4)
        #expect(svg.contains("&lt;it&gt;") && !svg.contains("href") && !svg.contains("url("))
    }

    @Test func `as SVG leads no line from log to log through a box`() throws {
        let places = try Places(try abort().stitched.svg)
        #expect(places.sights.count == 5)
        for sight in places.sights {
            let ends = [sight.first, sight.last].compactMap { $0 }
            for leg in zip(sight, sight.dropFirst()) {
                let line = CGRect(
                    x: min(leg.0.x, leg.1.x), y: min(leg.0.y, leg.1.y),
                    width: max(abs(leg.0.x - leg.1.x), 1), height: max(abs(leg.0.y - leg.1.y), 1))
                for box in places.boxes.map(\.area) + places.circles
                where !ends.contains(where: { box.insetBy(dx: -8, dy: 0).contains($0) }) {
                    #expect(!line.intersects(box))
                }
            }
        }
    }

    @Test func `as SVG has the earlier entry of a log above the later`() throws {
        let places = try Places(try abort().stitched.svg)
        for (_, boxes) in Dictionary(grouping: places.boxes, by: \.area.minX) {
            let downwards = boxes.sorted { $0.area.minY < $1.area.minY }.map(\.position)
            #expect(downwards == downwards.sorted())
        }
    }

    @Test func `is drawn though callers claim to have seen each other`() throws {
        var report = try abort()
        report.calls?.append(caller(1, "set", [("bank", 41)]))
        report.linked?[0].calls?.append(caller(1, "enqueue", [("kv", 1), ("kv", 3)]))
        #expect(try Places(report.stitched.svg).boxes.count == 11)
    }

    @Test func `cuts titles of long values`() throws {
        let value = TraceValue.string(String(repeating: "long ", count: 100_000))
        let report = try report("kv", [call("set", "x", value)], call("get", "x"))
        #expect(report.stitched.nodes.allSatisfy { $0.title?.count ?? 0 < 500 })
    }
}

/// Where the parts of a picture are.
private final class Places: NSObject, XMLParserDelegate {
    private(set) var boxes: [(area: CGRect, position: Int)] = []
    private(set) var circles: [CGRect] = []
    private(set) var sights: [[CGPoint]] = []
    private(set) var picture = CGRect.zero
    private var isText = false

    var columns: Set<CGFloat> { Set(boxes.map(\.area.minX)) }

    init(_ svg: String) throws {
        super.init()
        let parser = XMLParser(data: Data(svg.utf8))
        parser.delegate = self
        try #require(parser.parse(), "\(String(describing: parser.parserError))")
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
        qualifiedName: String?, attributes: [String: String] = [:]
    ) {
        let number = { (name: String) in Double(attributes[name] ?? "") ?? 0 }
        isText = name == "text"
        switch name {
        case "svg":
            let sides = (attributes["viewBox"] ?? "").split(separator: " ").map { Double($0) ?? 0 }
            picture = CGRect(x: 0, y: 0, width: sides[2], height: sides[3])
        case "rect":
            let area = CGRect(
                x: number("x"), y: number("y"), width: number("width"), height: number("height"))
            boxes.append((area, 0))
        case "circle":
            let radius = number("r")
            circles.append(
                CGRect(
                    x: number("cx") - radius, y: number("cy") - radius, width: 2 * radius,
                    height: 2 * radius))
        case "path" where attributes["class"] == "sight": sights.append(points(attributes["d"]))
        default: break
        }
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) {
        guard isText, let index = boxes.indices.last, boxes[index].position == 0 else { return }
        boxes[index].position = Int(text.prefix { $0.isNumber }) ?? 0
    }

    /// The corners of a path of one move, then lines along or up.
    private func points(_ path: String?) -> [CGPoint] {
        (path ?? "").matches(of: #/([MHV])(\d+)(?: (\d+))?/#).reduce(into: []) { points, match in
            let first = Double(match.2) ?? 0
            let last = points.last ?? .zero
            switch match.1 {
            case "M": points.append(CGPoint(x: first, y: Double(match.3 ?? "") ?? 0))
            case "H": points.append(CGPoint(x: first, y: last.y))
            default: points.append(CGPoint(x: last.x, y: first))
            }
        }
    }
}
