import ADO
import Synchronization
import TestSupport
import Testing

@Suite struct `A writer that hands on what was written` {
    /// Keeps what it is given, and how much of it came at once.
    private final class Kept: WriterOutlet {
        let bytes = Mutex<[UInt8]>([])
        let largest = Mutex(0)
        let refusal = Mutex<String?>(nil)

        func append(_ bytes: UnsafeRawBufferPointer) {
            self.bytes.withLock { $0.append(contentsOf: bytes) }
            largest.withLock { $0 = max($0, bytes.count) }
        }

        func patch(_ value: UInt32, at offset: Int) {
            bytes.withLock { kept in
                withUnsafeBytes(of: value.littleEndian) { bytes in
                    kept.replaceSubrange(offset..<offset + 4, with: bytes)
                }
            }
        }

        func refuse(_ reason: String) { refusal.withLock { $0 = reason } }
    }

    private func write(_ seed: UInt64, _ writer: inout Writer) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<400 {
            let size = Int.random(in: 0..<20_000, using: &random)
            switch Int.random(in: 0..<7, using: &random) {
            case 0: writer.string(String(repeating: "x", count: size))
            case 1: writer.bytes([UInt8](repeating: 3, count: size))
            case 2: (0..<size).map { $0 }.write(to: &writer)
            case 3: writer.field("numbers", [Bool](repeating: true, count: size))
            case 4: writer.field("text", String(repeating: "é", count: size * 60))
            case 5: [size: "a", size + 1: "b"].write(to: &writer)
            default: writer.u64(UInt64(size))
            }
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `writes what one writes that holds it all`(_ seed: UInt64) {
        var holding = Writer()
        write(seed, &holding)
        let kept = Kept()
        var writer = Writer(outlet: kept)
        write(seed, &writer)
        #expect(writer.count == holding.count)
        writer.handOnRest()
        #expect(writer.count == holding.count)
        #expect(kept.bytes.withLock { $0 } == holding.bytes)
    }

    @Test func `holds little of many small values`() {
        let kept = Kept()
        var writer = Writer(outlet: kept)
        (0..<2_000_000).map { UInt64($0) }.write(to: &writer)
        writer.handOnRest()
        #expect(kept.largest.withLock { $0 } < 2 << 20)
    }
}
