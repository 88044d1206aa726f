import ADO
import TestSupport
import Testing

@testable import MultiPaxos

@Suite struct `The slices of a batch` {
    private func block(_ sizes: [Int], _ random: inout SeededGenerator) -> [UInt8] {
        var writer = Writer()
        for size in sizes {
            writer.u32(UInt32(size))
            writer.u32(1)
            writer.raw(random.bytes(size))
        }
        return writer.bytes
    }

    @Test(arguments: [1, 31, 32, 33, 64, 100, 1000])
    func `are its entries in order, a few at a time`(count: Int) {
        var random = SeededGenerator(seed: UInt64(count))
        let sizes = (0..<count).map { _ in Int(random.next(upperBound: 50 as UInt64)) }
        let block = block(sizes, &random)
        block.withUnsafeBytes { bytes in
            let slices = Array(EntrySlices(bytes, count: count, first: 7))
            #expect(slices.flatMap { Array($0.bytes) } == block)
            #expect(slices.allSatisfy { $0.count <= EntrySlices.countMax })
            var next: UInt64 = 7
            for slice in slices {
                #expect(slice.first == next)
                next += UInt64(slice.count)
            }
            #expect(next == UInt64(count) + 7)
        }
    }

    @Test func `leave what cannot be cut in one piece`() {
        var random = SeededGenerator(seed: 1)
        let block = block(Array(repeating: 9, count: 100), &random)
        for length in 0..<block.count {
            block.prefix(length).withUnsafeBytes { bytes in
                let slices = Array(EntrySlices(bytes, count: 100, first: 1))
                #expect(slices.map(\.count).reduce(0, +) == 100)
                #expect(slices.flatMap { Array($0.bytes) } == Array(block.prefix(length)))
            }
        }
    }
}

@Suite struct `The name in a snapshot` {
    @Test(arguments: [String(repeating: "x", count: 300), "a\0b"])
    func `is none where no object has it`(type: String) {
        var writer = Writer()
        writer.u8(2)
        writer.string(type)
        writer.string("name")
        writer.bytes.withUnsafeBytes { #expect(StateSnapshot.name(in: $0) == nil) }
    }
}
