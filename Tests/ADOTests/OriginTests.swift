import ADO
import TestSupport
import Testing

@Suite struct `What an entry records of its call` {
    private static let caller = Origin.Caller(name: "checkout", invocation: .max, step: 300)
    private static let sightings: [Origin.Sighting] = [
        .reply(of: nil, index: 1 << 27, digest: .max),
        .state(of: ObjectTag(7), index: 12),
        .failure(of: ObjectTag(8), .noQuorum, in: .push),
    ]

    private static func read(_ bytes: [UInt8]) throws -> Origin {
        try Reader.read(bytes) { reader throws(DecodingFailure) in
            try Origin.read(field: &reader)
        }
    }

    @Test func `is read as it was written`() throws {
        for caller in [nil, Self.caller] {
            for count in 0...3 {
                let origin = Origin(caller: caller, seen: Array(Self.sightings.prefix(count)))
                #expect(try Self.read(origin.field) == origin)
            }
        }
    }

    @Test func `takes at most 64 bytes, and leaves out what was seen first`() throws {
        let name = String(repeating: "n", count: 40)
        let seen = (1...8).map {
            Origin.Sighting.reply(of: ObjectTag($0), index: .max, digest: 1)
        }
        let caller = Origin.Caller(name: name, invocation: .max, step: .max)
        let field = Origin(caller: caller, seen: seen).field
        #expect(field.count <= Origin.sizeMax)
        let kept = try Self.read(field)
        #expect(kept.caller?.name.utf8.count == Origin.Caller.nameMax)
        #expect(kept.seen == Array(seen.prefix(kept.seen.count)))
    }

    @Test func `of a usual call has room for three replies`() throws {
        let seen = (1...3).map {
            Origin.Sighting.reply(of: ObjectTag($0), index: 100_000, digest: 1)
        }
        let caller = Origin.Caller(name: "kvlock.set", invocation: .max, step: 5)
        #expect(try Self.read(Origin(caller: caller, seen: seen).field).seen == seen)
    }

    @Test func `keeps whole characters of a name that is too long`() {
        let caller = Origin.Caller(
            name: String(repeating: "ä", count: 20) + "x", invocation: 1, step: 1)
        #expect(caller.name == String(repeating: "ä", count: 11) + "x")
    }

    @Test func `is refused when damaged, whatever the damage`() {
        var random = SeededGenerator(seed: 5)
        let good = Origin(caller: Self.caller, seen: Self.sightings).field
        for _ in 0..<20_000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(
                    in: 0...255, using: &random)
            }
            guard let origin = try? Self.read(bytes) else { continue }
            // Read, so it is what something else would have been written as.
            #expect(origin.field == bytes)
        }
        for size in 0..<good.count {
            #expect(throws: DecodingFailure.self) { try Self.read(Array(good.prefix(size))) }
        }
    }

    @Test func `of a later version is none that is known here, and changes no replica`() throws {
        var field = Origin(caller: Self.caller).field
        field[1] = 0x02
        #expect(throws: DecodingFailure.malformed) { try Self.read(field) }
        #expect(Self.answer(field) == .ok)
    }

    @Test func `is no part of the state, and hostile sizes are refused by every replica`() {
        let good = Origin(caller: Self.caller, seen: Self.sightings).field
        #expect(Self.replica(after: good) == Self.replica(after: []))
        #expect(Self.answer([0]) == .rejected)
        #expect(Self.answer([UInt8(Origin.sizeMax)] + Array(repeating: 1, count: 64)) == .rejected)
        #expect(Self.answer([255]) == .rejected)
        #expect(Self.answer([63, 1]) == .rejected)
    }

    private static func block(_ origin: [UInt8]) -> [UInt8] {
        var writer = Writer()
        writer.openEntry(session: 1)
        let header = CallHeader(session: 1, request: 1, lowest: 1, operation: .method)
        writer.methodEntry(header, Queue.Method.enqueue(1), origin: origin)
        return writer.bytes
    }

    private static func replica(after origin: [UInt8]) -> ObjectReplica<Queue> {
        var replica = ObjectReplica<Queue>()
        var results = Writer()
        block(origin).withUnsafeBytes {
            replica.apply(block: $0, count: 2, first: 1, results: &results)
        }
        return replica
    }

    private static func answer(_ origin: [UInt8]) -> ReplyOutcome? {
        var replica = ObjectReplica<Queue>()
        var results = Writer()
        block(origin).withUnsafeBytes {
            replica.apply(block: $0, count: 2, first: 1, results: &results)
        }
        return Reply.records(results.bytes, count: 2, first: 1).last?.outcome
    }
}
