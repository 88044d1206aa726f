import ADOObjects
import Provenance
import Testing

@testable import ADO

@Suite struct `The history of an object` {
    private typealias Content = Change<KeyValue>.Content

    @Test func `holds each request once, where it took effect`() throws {
        let request = Request(session: 1, number: 1)
        let history = history([
            .created, .opened(session: 1), .method(.set("x", to: "1"), request), .barrier,
            .method(.set("x", to: "1"), request),
        ])
        #expect(history.entries.map(\.index) == [3])
        #expect(throws: ObjectHistory<KeyValue>.Failure.repeats(3)) { try history.traceOfLast() }
    }

    @Test func `leaves out what was settled before it came`() throws {
        let request = Request(session: 1, number: 1)
        let history = history([
            .created, .settled(request), .method(.set("x", to: "1"), request),
        ])
        #expect(history.entries.isEmpty)
        #expect(throws: ObjectHistory<KeyValue>.Failure.refused(3)) { try history.traceOfLast() }
    }

    @Test func `keeps what was done before it was settled`() throws {
        let request = Request(session: 1, number: 1)
        let history = history([.method(.set("x", to: "1"), request), .settled(request)])
        #expect(history.entries.map(\.index) == [1])
        #expect(throws: ObjectHistory<KeyValue>.Failure.noMethod(2)) { try history.traceOfLast() }
    }

    @Test func `begins anew after a removal`() throws {
        let content: [Content] = [
            .method(.set("x", to: "1"), Request(session: 1, number: 1)),
            .removed(Request(session: 1, number: 2)),
            .method(.set("x", to: "2"), Request(session: 1, number: 3)),
            .revived(Request(session: 1, number: 4)),
            .method(.get("x"), Request(session: 1, number: 5)),
        ]
        let refused = history(Array(content.prefix(3)))
        #expect(throws: ObjectHistory<KeyValue>.Failure.refused(3)) { try refused.traceOfLast() }
        let trace = try history(content).traceOfLast()
        #expect(trace.inputs.isEmpty)
        #expect(Explainer(trace).why().verdict == .noCause)
    }

    @Test func `explains its last entry by indices of the log`() throws {
        let history = history([
            .created, .method(.set("x", to: "1"), Request(session: 1, number: 1)), .barrier,
            .method(.set("x", to: "2"), Request(session: 2, number: 1)),
        ])
        let explanation = Explainer(try history.traceOfLast()).why()
        #expect(explanation.witnesses == [[1]])
        let indices = history.entries.map(\.index)
        #expect(explanation.renumbered(indices).witnesses == [[2]])
    }

    @Test func `explains from a part of a log what was overwritten in it`() {
        let history = history(
            [
                .method(.set("x", to: "1"), Request(session: 1, number: 8)),
                .method(.set("y", to: "2"), Request(session: 1, number: 9)),
            ], from: 40)
        let known = Explainer(history.trace(asking: .get("x")))
        #expect(!known.dependsOnStart)
        #expect(known.why(.latest).renumbered(history.entries.map(\.index)).witnesses == [[40]])
    }

    @Test func `says that a reply may depend on what is before a part of a log`() {
        let history = history(
            [.method(.set("x", to: "1"), Request(session: 1, number: 8))], from: 40)
        for method in [KeyValue.Method.get("y"), .count] {
            let unknown = Explainer(history.trace(asking: method))
            #expect(unknown.dependsOnStart)
            #expect(unknown.whySinceStart().verdict == .overApproximation)
        }
        #expect(Explainer(history.trace(asking: .count)).whySinceStart().witnesses == [[1]])
    }

    @Test func `goes on from a snapshot, unless the object began anew since`() {
        var state = ObjectMachine(KeyValue())
        _ = state.step(.set("z", to: "0"))
        let write = Content.method(.set("x", to: "1"), Request(session: 1, number: 8))
        let later = Content.method(.set("y", to: "2"), Request(session: 1, number: 9))
        var known = history([write, later], from: 40)
        #expect(known.base == nil)
        known.begin(with: state.object, after: 40)
        #expect(known.start == 41 && known.entries.map(\.index) == [41])
        #expect(known.state(through: 41)["z"] == "0" && known.state(through: 41)["x"] == nil)
        var anew = history(
            [
                write, .removed(Request(session: 1, number: 10)),
                .revived(Request(session: 1, number: 11)), later,
            ], from: 40)
        anew.begin(with: state.object, after: 40)
        #expect(anew.state(through: 43)["z"] == nil && anew.state(through: 43)["y"] == "2")
    }

    @Test func `knows which cells of a snapshot matter`() {
        let history = history(
            [.method(.set("x", to: "1"), Request(session: 1, number: 8))], from: 40)
        let cell = { (key: String) in Cell.element("values", key: Array(key.utf8)) }
        #expect(Explainer(history.trace(asking: .get("y"))).cellsOfStart == [cell("y")])
        #expect(Explainer(history.trace(asking: .get("x"))).cellsOfStart == [])
        #expect(Explainer(history.trace(asking: .count)).cellsOfStart == [.property("values")])
    }

    @Test func `knows which ballots its entries are of`() {
        let history = history([.created, .barrier, .barrier])
        #expect(history.owners.map(\.index) == [1])
        #expect(history.trace(asking: .get("x"), after: 2).inputs.isEmpty)
    }

    private func history(_ content: [Content], from start: UInt64 = 1) -> ObjectHistory<KeyValue> {
        let empty = ObjectHistory<KeyValue>(from: start)
        return content.enumerated().reduce(into: empty) { history, entry in
            history.append(
                Change(
                    index: UInt64(entry.offset) + start, ballot: Ballot(round: 1, node: 1),
                    content: entry.element))
        }
    }
}
