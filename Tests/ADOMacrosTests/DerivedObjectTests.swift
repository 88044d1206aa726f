#if Macros
import ADO
import TestSupport
import Testing

/// One call of each kind, drawn at random.
private func randomMethod(_ random: inout SeededGenerator) -> Depot.Method {
    let item = "item \(random.next(upperBound: 4 as UInt64))"
    let number = Int(random.next(upperBound: 9 as UInt64))
    switch random.next(upperBound: 15 as UInt64) {
    case 0: return Depot.MethodCall.put(number).call.method
    case 1: return Depot.MethodCall.put(number, of: item, note: "n").call.method
    case 2, 3: return Depot.MethodCall.take(number, of: item).call.method
    case 4: return Depot.MethodCall.clear().call.method
    case 5: return Depot.MethodCall.drop(item).call.method
    case 6: return Depot.MethodCall.count(of: item).call.method
    case 7: return Depot.MethodCall.everything().call.method
    case 8: return Depot.MethodCall.isFull().call.method
    case 9: return Depot.MethodCall.check(item).call.method
    case 10: return Depot.MethodCall.mark(item).call.method
    case 11: return Depot.MethodCall.mark(number).call.method
    case 12: return Depot.MethodCall.record(number, at: 1).call.method
    case 13: return Depot.MethodCall.record([1, 2, 3] as [UInt8], at: 2).call.method
    default: return Depot.MethodCall.repeat(for: number, in: item).call.method
    }
}

private func run(_ method: Depot.Method, on depot: inout Depot) -> (bytes: [UInt8], threw: Bool) {
    var writer = Writer()
    do throws(MethodFailure) {
        try depot.apply(method, result: &writer)
        return (writer.bytes, false)
    } catch {
        return (error.payload, true)
    }
}

private func state(of depot: Depot) -> [UInt8] {
    var writer = Writer()
    depot.writeState(to: &writer)
    return writer.bytes
}

private func depot(from bytes: [UInt8]) throws(DecodingFailure) -> Depot {
    try Reader.read(bytes) { reader throws(DecodingFailure) in
        try Depot.readState(from: &reader)
    }
}

@Suite struct `A derived object` {
    @Test(arguments: 1...10)
    func `is deterministic and survives its encodings`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var depot = Depot()
        var twin = Depot()
        for _ in 0..<200 {
            let method = randomMethod(&random)
            let bytes = method.encoded()
            #expect(try Depot.Method.decoded(from: bytes) == method)
            let passing = (0..<bytes.count).filter { length in
                (try? Depot.Method.decoded(from: Array(bytes[..<length]))) != nil
            }
            #expect(passing == [])
            let before = depot
            let result = run(method, on: &depot)
            let other = run(try .decoded(from: bytes), on: &twin)
            #expect(result.bytes == other.bytes && result.threw == other.threw)
            if method.isReadOnly || result.threw { #expect(depot == before) }
        }
        #expect(depot == twin)
        let bytes = state(of: depot)
        #expect(try ADOMacrosTests.depot(from: bytes) == depot)
        for length in 0..<bytes.count {
            #expect(throws: DecodingFailure.self) {
                try ADOMacrosTests.depot(from: Array(bytes[..<length]))
            }
        }
    }

    @Test func `is called with its own labels, defaults and results`() async throws {
        let backend = LocalBackend()
        let depot = Handle(Depot.self, named: "main", on: backend)
        try await depot.pull()
        #expect(try depot.invoke(.put(3)) == 3)
        #expect(try depot.invoke(.put(4, of: "nail", note: "new")) == 4)
        let dropped: Int? = try depot.invoke(.drop("nail"))
        #expect(dropped == 4)
        #expect(try depot.invoke(.mark("seen")) == Nothing())
        #expect(try depot.invoke(.mark(7)) == false)
        #expect(try depot.invoke(.record("text", at: 2)) == "text")
        #expect(try depot.invoke(.record(5, at: 1)) == 5)
        #expect(try depot.invoke(.repeat(for: 5, in: "shelf")) == 15)
        try await depot.push()
        #expect(try await depot.call(.count(of: "shelf")) == 15)
        #expect(try await depot.call(.everything(), policy: .atMostOnce) == ["shelf": 15])
        #expect(try await depot.call(.isFull()) == false)
        try await depot.call(.clear())
        #expect(backend.committed(Depot.self, named: "main")?.object.total == 0)
        #expect(backend.committed(Depot.self, named: "main")?.object.moves == 5 * 2 + 1 + 2)
    }

    @Test func `is invoked in a batch in the same words`() async throws {
        let backend = LocalBackend()
        let depot = Handle(Depot.self, named: "main", on: backend)
        let left = try await depot.batch { batch throws(InvokeFailure) in
            try batch.invoke(.put(3, of: "nail"))
            return try batch.invoke(.take(1, of: "nail"))
        }
        #expect(left == 2)
        #expect(backend.committed(Depot.self, named: "main")?.object.stock == ["nail": 2])
    }

    @Test func `throws its own error and changes nothing`() async throws {
        let backend = LocalBackend()
        backend.host(Depot.self)
        let depot = Handle(Depot.self, named: "main", on: backend)
        try await depot.call(.put(2, of: "nail"))
        do throws(CallFailure) {
            try await depot.call(.take(3, of: "nail"))
            Issue.record("three of two were taken")
        } catch {
            guard case .thrown(let failure) = error else { throw error }
            #expect(try failure.error(as: Refusal.self) == Refusal(left: 2))
        }
        #expect(try await depot.call(.everything()) == ["nail": 2])
        #expect(backend.committed(Depot.self, named: "main")?.object.moves == 1)
    }

    @Test func `is known by the names that its source gives it`() {
        #expect(Settings.typeName == "Settings")
        #expect(Depot.typeName == "depot")
        #expect(
            Depot.Method.signatures.map(\.text) == [
                "put(_: Int, of: String, note: String?)", "take(_: Int, of: String)", "clear()",
                "drop(_: String)", "count(of: String)", "everything()", "isFull()",
                "check(_: String)", "mark(_: String)", "mark(_: Int)", "record(_: Int, at: Int)",
                "record(_: String, at: Int)", "record(_: [UInt8], at: Int)",
                "repeat(for: Int, in: String)",
            ])
    }

    @Test func `has the bytes that logs hold`() {
        let set = Settings.MethodCall.set("mode", to: "safe").call.method
        #expect(
            set.encoded() == [0x3a, 0x93, 0x67, 0x99, 4, 109, 111, 100, 101, 4, 115, 97, 102, 101])
        let put = Depot.MethodCall.put(300, note: "x").call.method
        #expect(
            put.encoded() == [0xf3, 0xfd, 0x42, 0x6d, 0xd8, 0x04, 5] + Array("shelf".utf8) + [
                1, 1, 120,
            ])
        let clear = Depot.MethodCall.clear().call.method
        #expect(clear.encoded() == [0xb5, 0xec, 0xd1, 0xd6])
    }

    @Test func `has the tags that its signatures say`() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<100 {
            let method = randomMethod(&random)
            let tag = method.encoded()[..<4].reversed().reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
            #expect(method.signature?.tag == tag)
        }
    }

    @Test func `has the bytes that snapshots hold`() {
        var depot = Depot()
        depot.put(1, of: "a")
        #expect(
            state(of: depot) == [1, 3] + [5] + Array("moves".utf8) + [1, 0, 0, 0, 2]
                + [4] + Array("note".utf8) + [1, 0, 0, 0, 0]
                + [5] + Array("stock".utf8) + [4, 0, 0, 0, 1, 1, 97, 2])
    }

    @Test func `may begin and be encoded as it says itself`() throws {
        var tally = Tally()
        let counts = [tally.bump(5), tally.bump(1)]
        #expect(counts == [1, 2])
        var writer = Writer()
        tally.writeState(to: &writer)
        #expect(writer.bytes == [4, 0, 4, 0, 0])
        var lamp = Switch()
        let isOn = lamp.flip()
        #expect(isOn)
        #expect(lamp != Switch())
    }

    @Test func `says which methods only read`() {
        #expect(Depot.MethodCall.count(of: "a").call.method.isReadOnly)
        #expect(Depot.MethodCall.check("a").call.method.isReadOnly)
        #expect(!Depot.MethodCall.clear().call.method.isReadOnly)
        #expect(!Depot.MethodCall.take(1, of: "a").call.method.isReadOnly)
    }
}
#endif
