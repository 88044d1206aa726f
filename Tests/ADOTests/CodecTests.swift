import ADO
import TestSupport
import Testing

/// Checks that a value survives its encoding, and that no part of the encoding passes for it.
private func checkEncoding<Value: BinaryCodable & Equatable>(
    of value: Value, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let bytes = value.encoded()
    #expect(try Value.decoded(from: bytes) == value, sourceLocation: sourceLocation)
    for length in 0..<bytes.count {
        #expect(throws: DecodingFailure.self, sourceLocation: sourceLocation) {
            try Value.decoded(from: Array(bytes[..<length]))
        }
    }
    #expect(throws: DecodingFailure.self, sourceLocation: sourceLocation) {
        try Value.decoded(from: bytes + [0])
    }
}

/// Checks that whatever is read from random bytes is what those bytes encode, and nothing else.
private func checkRandomBytes<Value: BinaryCodable & Equatable>(as type: Value.Type) {
    var random = SeededGenerator(seed: 7)
    for _ in 0..<3000 {
        let bytes = random.bytes(Int(random.next(upperBound: 24 as UInt64)))
        guard let value = try? Value.decoded(from: bytes) else { continue }
        #expect(value.encoded() == bytes)
    }
}

@Suite struct `The codec` {
    @Test func `keeps numbers`() throws {
        for value in [Int.min, -65, -64, -1, 0, 1, 63, 64, 300, Int.max] {
            try checkEncoding(of: value)
        }
        for value in [0, 127, 128, 16383, 16384, UInt64.max] { try checkEncoding(of: value) }
        for value in [Int32.min, 0, Int32.max] { try checkEncoding(of: value) }
        for value in [0, UInt32.max] { try checkEncoding(of: value) }
        for value in [0, UInt16.max] { try checkEncoding(of: value) }
        for value in [0, UInt8.max] { try checkEncoding(of: value) }
        for value in [0, -1.5, .infinity, .leastNonzeroMagnitude] { try checkEncoding(of: value) }
        try checkEncoding(of: true)
        try checkEncoding(of: false)
    }

    @Test func `keeps text and collections`() throws {
        for value in ["", "a", "fifteen letters", "more than fifteen letters", "Grüße 🐿️"] {
            try checkEncoding(of: value)
        }
        try checkEncoding(of: String?.none)
        try checkEncoding(of: String?.some("x"))
        try checkEncoding(of: [1, 2, 300])
        try checkEncoding(of: [UInt8](0...200))
        try checkEncoding(of: [["a", "b"], [], ["c"]])
        try checkEncoding(of: ["one": 1, "two": 2, "three": 3])
        try checkEncoding(of: Nothing())
        try checkEncoding(
            of: CallHeader(session: .max, request: 7, lowest: 3, operation: .settle))
    }

    @Test func `writes numbers as documented`() {
        #expect(300.encoded() == [0xd8, 0x04])
        #expect((-1).encoded() == [1])
        #expect(UInt64(300).encoded() == [0xac, 0x02])
        var writer = Writer()
        writer.u32(0x0102_0304)
        writer.u64(5)
        #expect(writer.bytes == [4, 3, 2, 1, 5, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test func `refuses a number that is written longer than it must be`() {
        #expect(throws: DecodingFailure.malformed) { try UInt64.decoded(from: [0x80, 0x00]) }
        #expect(throws: DecodingFailure.malformed) {
            try UInt64.decoded(from: [UInt8](repeating: 0xff, count: 9) + [0x02])
        }
    }

    @Test func `refuses a number that its type cannot hold`() {
        #expect(throws: DecodingFailure.malformed) { try UInt16.decoded(from: 65536.raw) }
        #expect(throws: DecodingFailure.malformed) {
            try Int32.decoded(from: (Int(Int32.max) + 1).encoded())
        }
    }

    @Test func `refuses text that is not UTF-8`() {
        for bytes: [UInt8] in [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80], [97, 0x80, 98]] {
            #expect(throws: DecodingFailure.malformed) {
                try String.decoded(from: [UInt8(bytes.count)] + bytes)
            }
        }
    }

    @Test func `refuses a dictionary whose keys do not rise`() {
        #expect(throws: DecodingFailure.malformed) {
            try [Int: Int].decoded(from: [2, 4, 0, 2, 0])
        }
        #expect(throws: DecodingFailure.malformed) {
            try [Int: Int].decoded(from: [2, 2, 0, 2, 0])
        }
    }

    @Test func `refuses a count that the bytes cannot hold without reserving for it`() {
        var writer = Writer()
        writer.varint(UInt64.max >> 1)
        #expect(throws: DecodingFailure.truncated) { try [Int].decoded(from: writer.bytes) }
        #expect(throws: DecodingFailure.truncated) { try [UInt8].decoded(from: writer.bytes) }
        #expect(throws: DecodingFailure.truncated) { try String.decoded(from: writer.bytes) }
    }

    @Test func `reads no random bytes as what they do not encode`() {
        checkRandomBytes(as: Int.self)
        checkRandomBytes(as: UInt64.self)
        checkRandomBytes(as: Bool.self)
        checkRandomBytes(as: String?.self)
        checkRandomBytes(as: [String].self)
        checkRandomBytes(as: [UInt8].self)
        checkRandomBytes(as: [Int: Bool].self)
        checkRandomBytes(as: Queue.Method.self)
    }

    @Test func `forgets what is truncated and overwrites what is patched`() {
        var writer = Writer(capacity: 16)
        writer.u32(1)
        writer.u8(9)
        writer.patchU32(7, at: 0)
        writer.truncate(to: 4)
        #expect(writer.bytes == [7, 0, 0, 0])
        writer.removeAll()
        #expect(writer.count == 0)
    }

    @Test func `tells every failure in a sentence`() {
        let failures: [DecodingFailure] = [
            .truncated, .malformed, .trailing(3), .unknownTag(9), .unknownCase,
            .unknownProperty("raised"),
        ]
        #expect(Set(failures.map(\.description)).count == failures.count)
    }
}

extension Int {
    /// The number as an unsigned varint.
    fileprivate var raw: [UInt8] { UInt64(self).encoded() }
}
