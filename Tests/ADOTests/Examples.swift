import ADO
import Testing

// The examples of the documentation, compiled and run.

struct Point: BinaryCodable, Hashable {
    var x: Int
    var y: Int

    func write(to writer: inout Writer) {
        x.write(to: &writer)
        y.write(to: &writer)
    }

    static func read(from reader: inout Reader) throws(DecodingFailure) -> Point {
        Point(x: try .read(from: &reader), y: try .read(from: &reader))
    }
}

struct Flag: AtomicObject {
    enum Method: UInt8, ObjectMethod {
        case raise = 1
        case isRaised = 2

        var isReadOnly: Bool { self == .isRaised }
    }

    static let typeName = "Flag"
    var raised = false

    mutating func apply(_ method: Method, result: inout Writer) throws(MethodFailure) {
        if method == .raise { raised = true }
        raised.write(to: &result)
    }

    func writeState(to writer: inout Writer) { raised.write(to: &writer) }

    static func readState(from reader: inout Reader) throws(DecodingFailure) -> Flag {
        Flag(raised: try .read(from: &reader))
    }
}

extension Call where Object == Flag, Result == Bool {
    static var raise: Self { Self(.raise) }
    static var isRaised: Self { Self(.isRaised) }
}

@Suite struct `The examples of the documentation` {
    @Test func `write and read text`() throws {
        var writer = Writer()
        writer.string("mode")
        #expect(writer.bytes == [4, 109, 111, 100, 101])

        let mode = try Reader.read([4, 109, 111, 100, 101]) { reader throws(DecodingFailure) in
            try reader.string()
        }
        #expect(mode == "mode")
    }

    @Test func `make a value codable`() throws {
        let point = Point(x: 3, y: -4)
        #expect(point.encoded() == [6, 7])
        #expect(try Point.decoded(from: [6, 7]) == point)
    }

    @Test func `follow an object`() async throws {
        let backend = LocalBackend()
        let flag = Handle(Flag.self, named: "door", on: backend)
        try await flag.batch { batch throws(InvokeFailure) in
            _ = try batch.invoke(.isRaised)
            _ = try batch.invoke(.raise)
        }
        var methods: [Flag.Method] = []
        for try await element in flag.changes(from: 1) {
            guard case .change(let change) = element else { continue }
            if let method = change.method { methods.append(method) }
            if methods.count == 2 { break }
        }
        #expect(methods == [.isRaised, .raise])
    }

    @Test func `pull, invoke, push and call`() async throws {
        let backend = LocalBackend()
        let flag = Handle(Flag.self, named: "done", on: backend)
        let state = try await flag.pull()
        #expect(!state.raised)
        let raised = try flag.invoke(.raise)
        #expect(raised)
        try await flag.push()
        #expect(try await flag.call(.isRaised))
        #expect(backend.committed(Flag.self, named: "done")?.object.raised == true)
    }
}
