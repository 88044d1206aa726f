import ADO
import ADOObjects
import TestSupport
import Testing

@Suite struct `A key-value object` {
    @Test func `has one encoding of a state, whatever led to it`() throws {
        let keys = (0..<200).map { "key \($0)" }
        var random = SeededGenerator(seed: 2)
        var rising = KeyValue()
        var shuffled = KeyValue()
        for key in keys { try set(key, on: &rising) }
        try set("gone", on: &shuffled)
        for key in keys.shuffled(using: &random) { try set(key, on: &shuffled) }
        var scratch = Writer()
        try shuffled.apply(.remove("gone"), result: &scratch)
        #expect(state(of: rising) == state(of: shuffled))
        #expect(rising == shuffled)
    }

    @Test func `refuses a state whose keys do not rise`() {
        var writer = Writer()
        writer.varint(2)
        for text in ["b", "1", "a", "2"] { writer.string(text) }
        #expect(throws: DecodingFailure.malformed) {
            try Reader.read(writer.bytes) { reader throws(DecodingFailure) in
                try KeyValue.readState(from: &reader)
            }
        }
    }

    @Test func `refuses a method of an unknown tag`() {
        #expect(throws: DecodingFailure.unknownTag(9)) { try KeyValue.Method.decoded(from: [9]) }
    }

    @Test func `returns the value before`() async throws {
        let backend = LocalBackend()
        backend.host(KeyValue.self)
        let settings = Handle(KeyValue.self, named: "settings", on: backend)
        #expect(try await settings.call(.set("mode", to: "safe")) == nil)
        #expect(try await settings.call(.get("mode")) == "safe")
        #expect(try await settings.call(.set("mode", to: "fast")) == "safe")
        #expect(try await settings.call(.count) == 1)
        #expect(try await settings.call(.meta("mode")) == KeyValue.Meta(size: 4))
        #expect(try await settings.call(.meta("none")) == nil)
        #expect(try await settings.call(.remove("mode")) == "fast")
        #expect(try await settings.call(.remove("mode")) == nil)
        #expect(try await settings.call(.count) == 0)
    }

    @Test func `is pulled, invoked and pushed`() async throws {
        let settings = Handle(KeyValue.self, named: "settings", on: LocalBackend())
        let state = try await settings.pull()
        #expect(state["mode"] == nil)
        let old = try settings.invoke(.set("mode", to: "safe"))
        #expect(old == nil)
        try await settings.push()
        #expect(settings.committed?["mode"] == "safe")
        #expect(settings.committed?.count == 1)
    }

    private func set(_ key: String, on object: inout KeyValue) throws(MethodFailure) {
        var scratch = Writer()
        try object.apply(.set(key, to: "value of \(key)"), result: &scratch)
    }

    private func state(of object: KeyValue) -> [UInt8] {
        var writer = Writer()
        object.writeState(to: &writer)
        return writer.bytes
    }
}
