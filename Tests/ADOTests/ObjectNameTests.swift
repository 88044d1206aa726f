import ADO
import Testing

/// Two names that look the same, and are not the same bytes.
private let composed = "\u{e9}"
private let decomposed = "e\u{301}"

@Suite struct `The name of an object` {
    @Test func `is told from one that only looks the same`() {
        let names = [composed, decomposed].map { ObjectName(type: "KeyValue", name: $0) }
        #expect(composed == decomposed)
        #expect(names[0] != names[1])
        #expect(Set(names).count == 2)
        #expect(names[0] == ObjectName(type: "KeyValue", name: "\u{e9}"))
    }

    @Test func `is listed beside one that only looks the same`() throws {
        var inventory = Inventory()
        let names = [composed, decomposed].map { ObjectName(type: "KeyValue", name: $0) }
        for name in names {
            var result = Writer()
            try inventory.apply(.add(name), result: &result)
            #expect(try Bool.decoded(from: result.bytes))
        }
        var result = Writer()
        try inventory.apply(.drop(names[0]), result: &result)
        #expect(inventory.names == [names[1]])
    }
}
