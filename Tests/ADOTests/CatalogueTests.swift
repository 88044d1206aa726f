import Foundation
import Testing

@testable import ADO

// A type written by hand that declares its methods, in two versions.

private struct Gauge: AtomicObject, Equatable {
    enum Unit: UInt8, BinaryCodable {
        case bar = 1
    }

    enum Method: ObjectMethod {
        case raise(Int)
        case reset
        case show(Unit)

        static let signatures = [
            MethodSignature("raise(by: Int)"), MethodSignature("reset()"),
            MethodSignature("show(in: Unit)"),
        ]
        var isReadOnly: Bool { false }

        func write(to writer: inout Writer) {
            switch self {
            case .raise(let number):
                writer.u32(Self.signatures[0].tag)
                number.write(to: &writer)
            case .reset: writer.u32(Self.signatures[1].tag)
            case .show(let unit):
                writer.u32(Self.signatures[2].tag)
                unit.write(to: &writer)
            }
        }

        static func read(from reader: inout Reader) throws(DecodingFailure) -> Method {
            switch try reader.u32() {
            case signatures[0].tag: return .raise(try .read(from: &reader))
            case signatures[1].tag: return .reset
            case signatures[2].tag: return .show(try .read(from: &reader))
            case let tag: throw .unknownTag(tag)
            }
        }
    }

    static let typeName = "Gauge"
    var level = 0

    mutating func apply(_ method: Method, result: inout Writer) throws(MethodFailure) {
        switch method {
        case .raise(let number): level += number
        case .reset: level = 0
        case .show: break
        }
        level.write(to: &result)
    }

    func writeState(to writer: inout Writer) { level.write(to: &writer) }

    static func readState(from reader: inout Reader) throws(DecodingFailure) -> Gauge {
        Gauge(level: try .read(from: &reader))
    }
}

/// A log that is written entry by entry, and what a replica makes of it.
private struct Log {
    private(set) var replica = ObjectReplica<Gauge>()

    mutating func apply(_ write: (inout Writer) -> Void) -> Reply {
        var entry = Writer()
        write(&entry)
        var results = Writer()
        let index = replica.lastIndex + 1
        entry.bytes.withUnsafeBytes {
            replica.apply(block: $0, count: 1, first: index, results: &results)
        }
        return Reply.records(results.bytes, count: 1, first: index)[0]
    }

    mutating func open(_ session: UInt64, declaring texts: [String]) -> ReplyOutcome {
        apply { writer in
            writer.entry(.call) { writer in
                CallHeader(session: session, request: 0, lowest: 0, operation: .open)
                    .write(to: &writer)
                texts.write(to: &writer)
            }
        }
        .outcome
    }

    mutating func call(_ number: UInt64, _ method: [UInt8]) -> Reply {
        apply { writer in
            writer.entry(.call) { writer in
                CallHeader(session: 1, request: number, lowest: 1, operation: .method)
                    .write(to: &writer)
                writer.raw(method)
            }
        }
    }
}

@Suite struct `A log that declares its methods` {
    private let raise = Gauge.Method.raise(2).encoded()
    private let reset = Gauge.Method.reset.encoded()
    private let missing = MethodSignature("lower(by: Int)")

    /// A call of a method that this version lacks.
    private var lower: [UInt8] {
        var writer = Writer()
        writer.u32(missing.tag)
        writer.value(1)
        return writer.bytes
    }

    @Test func `runs what was declared`() {
        var log = Log()
        let opened = log.apply { $0.openEntry(session: 1, for: Gauge.self) }
        #expect(opened.outcome == .ok)
        #expect(log.call(1, raise) == Reply(.ok, index: 2, payload: 2.encoded()))
    }

    @Test func `rejects what was not declared, known to this version or not`() {
        var log = Log()
        #expect(log.open(1, declaring: ["reset()"]) == .ok)
        #expect(log.call(1, raise).outcome == .rejected)
        #expect(log.call(1, lower).outcome == .rejected)
        #expect(log.call(1, [1, 2]).outcome == .rejected)
        #expect(log.call(1, reset).outcome == .ok)
        #expect(log.replica.quarantine == nil)
    }

    @Test func `that can declare no more lets nobody invoke who would have to`() throws {
        var log = Log()
        for session in 1...4 as ClosedRange<UInt64> {
            let texts = (0..<256).map { "method\(session) \($0)()" }
            #expect(log.open(session, declaring: texts) == .ok)
        }
        let pulled = Pulled(
            ballot: Ballot(round: 1, node: 1), committed: log.replica, inherited: [])
        var branch = try Branch(pulled)
        #expect(throws: InvokeFailure.busy) { try branch.open(9) }
        #expect(branch.isSettled)
    }

    @Test func `stops a replica whose version lacks what was declared and is called`() {
        var log = Log()
        #expect(log.open(1, declaring: ["raise(by: Int)", missing.text]) == .ok)
        #expect(log.call(1, raise).outcome == .ok)
        let why = Quarantine(index: 3, cause: .missingMethod("lower(by: Int)"))
        #expect(log.call(2, lower) == Reply(.quarantined, index: 3, payload: why.encoded()))
        #expect(log.replica.quarantine == why)
        let stopped = log.replica
        #expect(log.call(3, raise).outcome == .quarantined)
        #expect(log.open(2, declaring: []) == .quarantined)
        #expect(log.replica.object.level == 2)
        #expect(log.replica.sessions == stopped.sessions)
        #expect(log.replica.lastIndex == 5)
    }

    /// A later version would run it: whether it has an effect must not depend on the version.
    @Test func `stops a replica whose version lacks a case of an argument`() {
        var log = Log()
        var pascal = Gauge.Method.show(.bar).encoded()
        pascal[pascal.count - 1] = 2
        #expect(log.open(1, declaring: ["reset()"]) == .ok)
        #expect(log.call(1, pascal).outcome == .rejected)
        #expect(log.open(2, declaring: ["show(in: Unit)"]) == .ok)
        #expect(log.call(1, Gauge.Method.show(.bar).encoded()).outcome == .ok)
        #expect(log.call(2, pascal).outcome == .quarantined)
        let why = Quarantine(index: 5, cause: .missingMethod("show(in: Unit)"))
        #expect(log.replica.quarantine == why)
    }

    @Test func `answers no read of a replica that stopped`() throws {
        var log = Log()
        _ = log.open(1, declaring: [missing.text])
        _ = log.call(1, lower)
        var result = Writer()
        raise.withUnsafeBytes { log.replica.read($0, result: &result) }
        let reply = Reply.records(result.bytes, count: 1, first: 0)[0]
        #expect(reply.outcome == .quarantined)
        #expect(try Quarantine.decoded(from: reply.payload) == log.replica.quarantine)
    }

    @Test func `keeps a stopped replica stopped through its encoding`() throws {
        var log = Log()
        _ = log.open(1, declaring: [missing.text])
        _ = log.call(1, lower)
        let read = try ObjectReplica<Gauge>.decoded(from: log.replica.encoded())
        #expect(read == log.replica)
        #expect(read.quarantine != nil)
    }

    @Test func `gives a tag one meaning`() {
        var log = Log()
        #expect(log.open(1, declaring: ["m763399()"]) == .ok)
        #expect(log.open(2, declaring: ["m763399()"]) == .ok)
        #expect(log.open(3, declaring: ["raise(by: Int)", "m1109514()"]) == .rejected)
        #expect(log.call(1, raise).outcome == .rejected)
    }

    @Test func `bounds what is declared`() {
        var log = Log()
        let texts = (0..<1024).map { "method\($0)()" }
        #expect(log.open(1, declaring: texts + ["one more"]) == .rejected)
        #expect(log.open(1, declaring: texts) == .ok)
        #expect(log.open(2, declaring: ["one more"]) == .rejected)
        #expect(log.open(2, declaring: texts) == .ok)
        var other = Log()
        #expect(other.open(1, declaring: [String(repeating: "a", count: 1025)]) == .rejected)
        #expect(other.open(1, declaring: [String(repeating: "a", count: 1024)]) == .ok)
    }

    @Test func `rejects a declaration that cannot be read, with its session`() {
        var log = Log()
        let reply = log.apply { writer in
            writer.entry(.call) { writer in
                CallHeader(session: 1, request: 0, lowest: 0, operation: .open).write(to: &writer)
                writer.raw([2, 1, 97] as [UInt8])
            }
        }
        #expect(reply.outcome == .rejected)
        #expect(log.call(1, raise).outcome == .noSession)
    }

    @Test func `survives its encoding, in one order`() throws {
        var log = Log()
        _ = log.open(1, declaring: ["b()", "a()", missing.text])
        var other = Log()
        _ = other.open(1, declaring: [missing.text, "a()", "b()"])
        #expect(log.replica.encoded() == other.replica.encoded())
        var read = Log()
        #expect(read.replica.encoded() != log.replica.encoded())
        #expect(try ObjectReplica<Gauge>.decoded(from: log.replica.encoded()) == log.replica)
        _ = read.open(1, declaring: [])
        #expect(read.replica.encoded() != log.replica.encoded())
    }
}

@Suite struct `A set of cells` {
    private let key = Cell.element("values", key: [1])
    private let other = Cell.element("values", key: [2])
    private let values = Cell.property("values")

    @Test func `overlaps another where two cells may be one`() {
        #expect(key.overlaps(key))
        #expect(key.overlaps(values) && values.overlaps(key))
        #expect(!key.overlaps(other))
        #expect(!values.overlaps(.property("count")))
        #expect(!Cell.element("counts", key: [1]).overlaps(key))
    }

    @Test func `tells strings apart by their bytes only where equal ones have the same`() {
        #expect(Cell.element("values", of: "k") == .element("values", key: [0x6B]))
        #expect(Cell.element("values", of: "") == .element("values", key: []))
        // The same letter, once as one scalar and once as two; and a sign that is another one.
        let letter = Cell.element("values", of: "\u{e9}")
        #expect(letter.overlaps(.element("values", of: "e\u{301}")))
        #expect(Cell.element("values", of: "K").overlaps(.element("values", of: "\u{212a}")))
        #expect(!letter.overlaps(.element("values", of: "\u{e8}")))
    }

    /// Alone each is its own composed form, and none is what follows in that of another.
    @Test func `takes for plain only what is normalized as it is`() {
        let isPlain = { (scalar: Unicode.Scalar) in
            Cell.plainScalars.contains { $0.contains(scalar.value) }
        }
        for value in UInt32(0)...0x10FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let text = String(scalar)
            if isPlain(scalar) {
                let composed = text.precomposedStringWithCanonicalMapping.unicodeScalars
                #expect(composed.elementsEqual([scalar]), "\(value)")
            }
            let parts = text.decomposedStringWithCanonicalMapping.unicodeScalars
            if parts.count > 1 {
                #expect(!parts.dropFirst().contains(where: isPlain), "\(value)")
            }
        }
    }

    @Test func `overlaps with anything but nothing if it is unknown`() {
        #expect(Cells.unknown.mayOverlap(.unknown))
        #expect(Cells.unknown.mayOverlap(.known([key])))
        #expect(!Cells.unknown.mayOverlap(.none))
        #expect(!Cells.none.mayOverlap(.unknown))
    }

    @Test func `makes methods conflict if one may write what the other touches`() {
        let read = Footprint(reads: .known([key]), writes: .none)
        let write = Footprint(reads: .none, writes: .known([key]))
        let elsewhere = Footprint(reads: .known([other]), writes: .known([other]))
        #expect(!read.mayConflict(with: read))
        #expect(read.mayConflict(with: write) && write.mayConflict(with: read))
        #expect(write.mayConflict(with: write))
        #expect(!write.mayConflict(with: elsewhere))
        #expect(elsewhere.mayConflict(with: .unknown))
    }

    @Test func `is unknown of a method that says nothing`() {
        #expect(Gauge.Method.reset.footprint == .unknown)
        #expect(Flag.Method.isRaised.footprint == Footprint(reads: .unknown, writes: .none))
        #expect(Flag.Method.raise.signature == nil)
    }
}
