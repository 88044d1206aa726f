import ADO
import Testing

@testable import MultiPaxos

/// Result records with one byte each.
private func records(_ bytes: [UInt8], outcome: ReplyOutcome = .ok) -> [UInt8] {
    var writer = Writer()
    for byte in bytes {
        writer.u32(1)
        writer.u32(outcome.rawValue)
        writer.u8(byte)
    }
    return writer.bytes
}

extension DigestChain {
    fileprivate mutating func append(_ bytes: [UInt8], outcome: ReplyOutcome = .ok) {
        grow(to: capacity(for: bytes.count))
        records(bytes, outcome: outcome).withUnsafeBytes { append($0) }
    }
}

@Suite struct `A chain of digests` {
    @Test func `is the same however the log is cut into batches`() {
        var whole = DigestChain()
        var pieces = DigestChain()
        let results = (0..<100).map { UInt8($0) }
        whole.append(results)
        for result in results { pieces.append([result]) }
        #expect(whole.last == 100)
        #expect(pieces.digest == whole.digest)
        for index in 0...100 as ClosedRange<UInt64> {
            #expect(whole[index] != nil)
            #expect(pieces[index] == whole[index])
        }
    }

    @Test func `differs from the first result that does, and for good`() {
        var one = DigestChain()
        var other = DigestChain()
        one.append([1, 2, 3, 4, 5, 6])
        other.append([1, 2, 3, 9, 5, 6])
        #expect((0...3).allSatisfy { one[$0] == other[$0] })
        #expect((4...6).allSatisfy { one[$0] != other[$0] })
    }

    @Test func `goes on from a snapshot as it would have from the log`() {
        var whole = DigestChain()
        whole.append([1, 2, 3])
        var restored = DigestChain(after: whole.last, digest: whole.digest)
        whole.append([4, 5])
        restored.append([4, 5])
        #expect(restored[2] == nil)
        #expect((3...5).allSatisfy { restored[$0] == whole[$0] })
    }

    @Test func `holds the last ones where there is no room for all`() {
        var chain = DigestChain()
        for part in 0..<3000 { chain.append(Array(repeating: UInt8(part % 251), count: 100)) }
        #expect(chain.capacity == DigestChain.countMax)
        #expect(chain.last == 300_000)
        let oldest = 300_001 - UInt64(DigestChain.countMax)
        #expect(chain[oldest - 1] == nil)
        #expect(chain[oldest] != nil)
        #expect(chain[300_000] == chain.digest)
        #expect(chain[300_001] == nil)
        var again = DigestChain(after: oldest, digest: chain[oldest] ?? 0)
        for index in oldest + 1...300_000 {
            again.append([UInt8((index - 1) / 100 % 251)])
            if again.digest != chain[index] {
                Issue.record("entry \(index) has another digest")
                return
            }
        }
    }

    @Test func `ends where its replica stopped`() {
        var chain = DigestChain()
        chain.append([1, 2])
        let digest = chain.digest
        chain.append([3, 4], outcome: .quarantined)
        #expect(chain.last == 2)
        #expect(chain.digest == digest)
    }
}

@Suite struct `The search for the first entry that differs` {
    /// Compares chains that part at `first` and are held from `oldest` on.
    private func search(first: UInt64, known: UInt64, oldest: UInt64) -> DigestSearch {
        var search = DigestSearch(agreed: 0, differing: known)
        var count = 0
        while let index = search.next {
            search.compared(index < oldest ? nil : index < first)
            count += 1
            precondition(count <= 64, "the search does not end")
        }
        return search
    }

    @Test func `names it, wherever it is`() {
        for known in 1...40 as ClosedRange<UInt64> {
            for first in 1...known {
                let found = search(first: first, known: known, oldest: 0)
                #expect(found.index == first)
                #expect(found.agreed == first - 1)
            }
        }
    }

    @Test func `says where it looked in vain, if it is not held any more`() {
        for oldest in 1...40 as ClosedRange<UInt64> {
            for first in 1...40 as ClosedRange<UInt64> {
                let found = search(first: first, known: 40, oldest: oldest)
                #expect(found.index == max(first, min(oldest, 40)))
                // What is known to agree is never beyond, or claimed without a comparison.
                #expect(found.agreed == (first > oldest ? first - 1 : 0))
            }
        }
    }
}
