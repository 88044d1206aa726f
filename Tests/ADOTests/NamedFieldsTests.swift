import ADO
import Testing

@Suite struct `Named fields` {
    private func fields(_ names: [String]) -> [UInt8] {
        var writer = Writer()
        writer.namedFields(names.count)
        for name in names { writer.field(name, name.utf8.count) }
        return writer.bytes
    }

    private func read(_ bytes: [UInt8]) throws(DecodingFailure) -> [String: Int] {
        try Reader.read(bytes) { reader throws(DecodingFailure) in
            var values: [String: Int] = [:]
            var fields = try NamedFields(&reader)
            while let name = try fields.next(&reader) {
                try fields.read(&values[name, default: 0], from: &reader)
            }
            return values
        }
    }

    @Test func `are written as documented`() {
        #expect(fields(["ab"]) == [1, 1, 2, 97, 98, 1, 0, 0, 0, 4])
    }

    @Test func `survive their encoding`() throws {
        #expect(try read(fields([])) == [:])
        #expect(try read(fields(["a", "ab", "b"])) == ["a": 1, "ab": 2, "b": 1])
    }

    @Test func `rise by their names`() {
        #expect(throws: DecodingFailure.malformed) { try read(fields(["b", "a"])) }
        #expect(throws: DecodingFailure.malformed) { try read(fields(["a", "a"])) }
    }

    @Test func `are filled by their values`() {
        let bytes: [UInt8] = [1, 1, 1, 97, 2, 0, 0, 0, 4, 0]
        #expect(throws: DecodingFailure.trailing(1)) { try read(bytes) }
        #expect(throws: DecodingFailure.truncated) { try read([1, 1, 1, 97, 0, 0, 0, 0]) }
    }

    @Test func `are of one version, and all there`() {
        let bytes = fields(["a", "b"])
        #expect(throws: DecodingFailure.malformed) { try read([2] + bytes.dropFirst()) }
        for length in 0..<bytes.count {
            #expect(throws: DecodingFailure.self) { try read(Array(bytes[..<length])) }
        }
    }
}
