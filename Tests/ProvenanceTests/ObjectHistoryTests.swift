import ADOObjects
import Provenance
import Testing

@testable import ADO

@Suite struct `The history of an object` {
    private typealias Content = Change<KeyValue>.Content
    private typealias Failure = ObjectHistory<KeyValue>.Failure

    @Test func `holds each request once, where it took effect`() throws {
        let request = Request(session: 1, number: 1)
        let history = history([
            .created, .opened(session: 1), .method(.set("x", to: "1"), request), .barrier,
            .method(.set("x", to: "1"), request),
        ])
        #expect(history.entries.map(\.index) == [3])
        #expect(throws: Failure.repeats(3)) { try history.traceOfLast() }
    }

    @Test func `leaves out what was settled before it came`() throws {
        let request = Request(session: 1, number: 1)
        let history = history([
            .opened(session: 1), .settled(request), .method(.set("x", to: "1"), request),
        ])
        #expect(history.entries.isEmpty)
        #expect(throws: Failure.refused(3)) { try history.traceOfLast() }
    }

    @Test func `leaves out what came without a session`() throws {
        let history = history([
            .created, .method(.set("x", to: "1"), Request(session: 1, number: 1)),
        ])
        #expect(history.entries.isEmpty)
        #expect(throws: Failure.refused(2)) { try history.traceOfLast() }
    }

    @Test func `leaves out what its client had given up`() throws {
        var history = history([
            .opened(session: 1), .method(.set("x", to: "1"), Request(session: 1, number: 1)),
        ])
        for (number, lowest) in [(3, 3), (2, 2)] as [(UInt64, UInt64)] {
            let request = Request(session: 1, number: number)
            let content = Content.method(.set("x", to: "\(number)"), request)
            history.append(content.change(at: history.end + 1, lowest: lowest))
        }
        #expect(history.entries.map(\.index) == [2, 3])
        #expect(throws: Failure.refused(4)) { try history.traceOfLast() }
    }

    @Test func `leaves out what came once many others had taken the place of its session`() throws {
        let others = (2...4097 as ClosedRange<UInt64>).map { Content.opened(session: $0) }
        let history = history(
            [.opened(session: 1)] + others
                + [.method(.set("x", to: "1"), Request(session: 1, number: 1))])
        #expect(throws: Failure.refused(4098)) { try history.traceOfLast() }
    }

    @Test func `keeps what was done before it was settled`() throws {
        let request = Request(session: 1, number: 1)
        let history = history([
            .opened(session: 1), .method(.set("x", to: "1"), request), .settled(request),
        ])
        #expect(history.entries.map(\.index) == [2])
        #expect(throws: Failure.noMethod(3)) { try history.traceOfLast() }
    }

    @Test func `begins anew after a removal`() throws {
        let content: [Content] = [
            .opened(session: 1), .method(.set("x", to: "1"), Request(session: 1, number: 1)),
            .removed(Request(session: 1, number: 2)),
            .method(.set("x", to: "2"), Request(session: 1, number: 3)),
            .revived(Request(session: 1, number: 4)),
            .method(.get("x"), Request(session: 1, number: 5)),
        ]
        let refused = history(Array(content.prefix(4)))
        #expect(throws: Failure.refused(4)) { try refused.traceOfLast() }
        let trace = try history(content).traceOfLast()
        #expect(trace.inputs.isEmpty)
        #expect(Explainer(trace).why().verdict == .noCause)
    }

    @Test func `is not removed by a request that was refused`() throws {
        let removal = Request(session: 1, number: 2)
        let history = history([
            .opened(session: 1), .method(.set("x", to: "1"), Request(session: 1, number: 1)),
            .settled(removal), .removed(removal),
            .method(.get("x"), Request(session: 1, number: 3)),
        ])
        #expect(history.entries.map(\.index) == [2, 5])
    }

    /// What came after may be anything.
    @Test func `ends at what its version cannot read, if others can`() throws {
        let signature = MethodSignature("paint(_: Color)")
        var log = Writer()
        log.openEntry(session: 1, signatures: [signature])
        log.entry(.call) { writer in
            header(Request(session: 1, number: 1), .method).write(to: &writer)
            writer.u32(signature.tag)
        }
        var history = ObjectHistory<Painted>()
        for change in decoded(log.bytes, count: 2, as: Painted.self) { history.append(change) }
        #expect(history.unreadable == 2)
        #expect(throws: ObjectHistory<Painted>.Failure.unreadable(2)) {
            try history.traceOfLast()
        }
    }

    @Test func `goes on over what no version can read`() throws {
        var log = Writer()
        log.openEntry(session: 1)
        log.entry(.call) { writer in
            header(Request(session: 1, number: 1), .method).write(to: &writer)
            writer.u8(99)
        }
        log.methodEntry(
            header(Request(session: 1, number: 2), .method), KeyValue.Method.set("x", to: "1"))
        var history = ObjectHistory<KeyValue>()
        for change in decoded(log.bytes, count: 3, as: KeyValue.self) { history.append(change) }
        #expect(history.unreadable == nil && history.entries.map(\.index) == [3])
    }

    @Test func `explains its last entry by indices of the log`() throws {
        let history = history([
            .created, .opened(session: 1), .opened(session: 2),
            .method(.set("x", to: "1"), Request(session: 1, number: 1)), .barrier,
            .method(.set("x", to: "2"), Request(session: 2, number: 1)),
        ])
        let explanation = Explainer(try history.traceOfLast()).why()
        #expect(explanation.witnesses == [[1]])
        let indices = history.entries.map(\.index)
        #expect(explanation.renumbered(indices).witnesses == [[4]])
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

    @Test func `of a part of a log leaves out what that shows to be repeated or refused`() throws {
        let first = Request(session: 1, number: 1)
        let settled = Request(session: 1, number: 2)
        let content: [Content] = [
            .method(.set("x", to: "1"), first), .settled(settled),
            .method(.set("x", to: "2"), settled), .method(.set("x", to: "3"), first),
        ]
        let repeated = history(content, from: 40)
        #expect(repeated.base == nil && repeated.entries.map(\.index) == [40])
        #expect(throws: Failure.repeats(40)) { try repeated.traceOfLast() }
        let refused = history(Array(content.dropLast()), from: 40)
        #expect(throws: Failure.refused(42)) { try refused.traceOfLast() }
    }

    @Test func `of a part of a log takes a removal that is repeated for one`() {
        let removal = Request(session: 1, number: 2)
        let history = history(
            [
                .removed(removal), .revived(Request(session: 1, number: 3)),
                .method(.set("x", to: "1"), Request(session: 1, number: 4)), .removed(removal),
            ], from: 40)
        #expect(history.entries.map(\.index) == [42])
        #expect(history.beganAnew && history.state(through: 43)["x"] == "1")
    }

    @Test func `goes on from a snapshot, unless the object began anew since`() {
        let snapshot = replica([
            .opened(session: 1), .method(.set("z", to: "0"), Request(session: 1, number: 7)),
        ])
        let later = Content.method(.set("y", to: "2"), Request(session: 1, number: 9))
        let known = history([later], after: snapshot)
        #expect(known.start == 3 && known.entries.map(\.index) == [3])
        #expect(known.state(through: 3)["z"] == "0")
        let anew = history(
            [
                .removed(Request(session: 1, number: 10)),
                .revived(Request(session: 1, number: 11)), later,
            ], after: snapshot)
        #expect(anew.state(through: 5)["z"] == nil && anew.state(through: 5)["y"] == "2")
    }

    @Test func `knows from a snapshot what was done before it`() {
        let request = Request(session: 1, number: 7)
        let snapshot = replica([.opened(session: 1), .method(.set("z", to: "0"), request)])
        let repeated = history([.method(.set("z", to: "0"), request)], after: snapshot)
        #expect(repeated.entries.isEmpty)
        #expect(throws: Failure.repeats(nil)) { try repeated.traceOfLast() }
    }

    @Test func `knows which cells of a snapshot matter`() {
        let history = history(
            [.method(.set("x", to: "1"), Request(session: 1, number: 8))], from: 40)
        let cell = { (key: String) in Cell.element("values", key: Array(key.utf8)) }
        #expect(Explainer(history.trace(asking: .get("y"))).cellsOfStart == [cell("y")])
        #expect(Explainer(history.trace(asking: .get("x"))).cellsOfStart == [])
        #expect(Explainer(history.trace(asking: .count)).cellsOfStart == [.property("values")])
    }

    @Test func `explains by a write what a snapshot held likewise, as it need not have`() {
        let request = { Request(session: 1, number: $0) }
        let snapshot = replica([.opened(session: 1), .method(.set("x", to: "1"), request(7))])
        for method in [KeyValue.Method.set("x", to: "1"), .remove("x")] {
            let history = history([.method(method, request(8))], after: snapshot)
            let explainer = Explainer(history.trace(asking: .get("x")))
            #expect(!explainer.dependsOnStart)
            let explanation = explainer.whyWhateverBefore()
            #expect(explanation.witnesses == [[1]] && explanation.verdict == .oneOf)
        }
    }

    @Test func `knows which ballots its entries are of`() {
        let history = history([.created, .barrier, .barrier])
        #expect(history.owners.map(\.index) == [1])
        #expect(history.trace(asking: .get("x"), after: 2).inputs.isEmpty)
    }

    private func history(_ content: [Content], from start: UInt64 = 1) -> ObjectHistory<KeyValue> {
        history(content, in: ObjectHistory(from: start))
    }

    private func history(
        _ content: [Content], after snapshot: ObjectReplica<KeyValue>
    ) -> ObjectHistory<KeyValue> {
        history(content, in: ObjectHistory(after: snapshot))
    }

    private func history(
        _ content: [Content], in empty: ObjectHistory<KeyValue>
    ) -> ObjectHistory<KeyValue> {
        content.reduce(into: empty) { history, content in
            history.append(content.change(at: history.end + 1))
        }
    }

    private func replica(_ content: [Content]) -> ObjectReplica<KeyValue> {
        content.reduce(into: ObjectReplica()) { replica, content in
            let entry = content.change(at: replica.lastIndex + 1).entry
            var results = Writer()
            entry.withUnsafeBytes {
                replica.apply(block: $0, count: 1, first: replica.lastIndex + 1, results: &results)
            }
        }
    }
}

/// An object whose log declares its methods, and that has none.
private struct Painted: AtomicObject {
    enum Method: ObjectMethod {
        static let signatures = [MethodSignature("clean()")]
        var isReadOnly: Bool { true }
        func write(to writer: inout Writer) {}

        static func read(from reader: inout Reader) throws(DecodingFailure) -> Method {
            throw .unknownTag(try reader.u32())
        }
    }

    static let typeName = "Painted"

    mutating func apply(_ method: Method, result: inout Writer) throws(MethodFailure) {}
    func writeState(to writer: inout Writer) {}
    static func readState(from reader: inout Reader) throws(DecodingFailure) -> Painted { Self() }
}

private func header(
    _ request: Request, lowest: UInt64 = 1, _ operation: CallOperation
) -> CallHeader {
    CallHeader(
        session: request.session, request: request.number, lowest: lowest, operation: operation)
}

private func decoded<Object: AtomicObject>(
    _ bytes: [UInt8], count: Int, from first: UInt64 = 1, as type: Object.Type
) -> [Change<Object>] {
    Change.decoded(
        CommittedBlock(
            ballot: Ballot(round: 1, node: 1),
            entries: EntryBlock(first: first, count: count, bytes: bytes))) ?? []
}

extension Change<KeyValue>.Content {
    /// The entry that says this, and what is read of it.
    fileprivate func change(at index: UInt64, lowest: UInt64 = 1) -> Change<KeyValue> {
        var writer = Writer()
        switch self {
        case .created: writer.entry(.create)
        case .opened(let session): writer.openEntry(session: session)
        case .method(let method, let request):
            writer.methodEntry(header(request, lowest: lowest, .method), method)
        case .settled(let request):
            writer.entry(.call) { header(request, .settle).write(to: &$0) }
        case .removed(let request):
            writer.entry(.call) { header(request, .remove).write(to: &$0) }
        case .revived(let request):
            writer.entry(.call) { header(request, .create).write(to: &$0) }
        case .barrier: writer.entry(.barrier)
        case .configuration: writer.entry(.configuration)
        case .unreadable: writer.entry(.read)
        }
        return decoded(writer.bytes, count: 1, from: index, as: KeyValue.self)[0]
    }
}
