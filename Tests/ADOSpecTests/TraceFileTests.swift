import ADO
import TestSupport
import Testing

@testable import ADOSpec

@Suite struct `A trace file` {
    @Test func `comes back as it was written`() throws {
        let written = Example()
        let file = TraceFile(written.bytes)
        #expect(!file.startsForeign)
        #expect(file.lives.map(\.ending) == [.cut, .limit, .clean])
        #expect(file.lives.map(\.node) == [2, 2, 2])
        #expect(file.lives.map(\.cluster) == ["shop", "shop", "shop"])
        #expect(file.lives.map(\.incarnation) == [77, 77, 77])
        for (life, records) in zip(file.lives, written.lives) {
            let read = Array(file.records(of: life))
            #expect(read.first?.record.kind == .started)
            #expect(Array(read.dropFirst()) == records)
        }
    }

    @Test func `has a meaning wherever it is cut`() {
        let written = Example()
        let whole = TraceFile(written.bytes)
        for size in 0..<written.bytes.count {
            let file = TraceFile(Array(written.bytes[..<size]))
            let records = size / TraceLayout.size
            #expect(file.lives == truncated(whole, to: records), "at \(size)")
            #expect(!file.startsForeign)
        }
    }

    @Test func `notices every flipped bit`() {
        let written = Example()
        let whole = TraceFile(written.bytes)
        for bit in 0..<(written.bytes.count * 8) {
            var bytes = written.bytes
            bytes[bit / 8] ^= 1 << (bit % 8)
            let file = TraceFile(bytes)
            let damage = bit / 8 / TraceLayout.size * TraceLayout.size
            let intact = whole.lives.filter { $0.offset != damage }
            #expect(file.lives.map(\.offset) == intact.map(\.offset), "bit \(bit)")
            #expect(file.startsForeign || file.lives.contains(where: \.isDamaged), "bit \(bit)")
        }
    }

    @Test func `has a meaning whatever its bytes are`() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<300 {
            var bytes = (0..<Int.random(in: 0...1000, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            if Bool.random(using: &generator) { bytes = Array(Example().bytes.prefix(256)) + bytes }
            let file = TraceFile(bytes)
            for life in file.lives {
                #expect(file.records(of: life).reduce(0) { count, _ in count + 1 } <= 8)
            }
        }
        #expect(TraceFile([UInt8](repeating: 0, count: 300)).startsForeign)
        #expect(TraceFile([]).lives.isEmpty)
    }

    @Test func `ends a life where a record is missing, repeated or out of time`() {
        let bytes = Example().bytes
        let size = TraceLayout.size
        let first = Array(bytes[..<(2 * size)])
        let third = Array(bytes[(3 * size)..<(4 * size)])
        #expect(TraceFile(first + third).lives.map(\.ending) == [.damaged(at: 2 * size)])
        let second = Array(bytes[size..<(2 * size)])
        #expect(TraceFile(first + second).lives.map(\.ending) == [.damaged(at: 2 * size)])
        var back = TraceFileWriter()
        back.start(node: 1, incarnation: 1, cluster: "c", nanoseconds: 10)
        back.add(TimedRecord(nanoseconds: 9, record: TraceRecord(.preparing, node: 1)))
        #expect(TraceFile(back.bytes).lives.map(\.ending) == [.damaged(at: size)])
    }

    @Test func `goes on with the next start after damage`() {
        var bytes = Example().bytes
        bytes[TraceLayout.size + 40] ^= 1
        let file = TraceFile(bytes)
        #expect(file.lives.map(\.ending) == [.damaged(at: TraceLayout.size), .limit, .clean])
        #expect(Array(file.records(of: file.lives[0])).count == 1)
    }

    /// What is left of the lives if only the first `records` are there.
    private func truncated(_ file: TraceFile, to records: Int) -> [TraceLife] {
        let limit = records * TraceLayout.size
        return file.lives.filter { $0.offset < limit }.map { life in
            var life = life
            let isWhole = life.ending == .cut || life.endOffset + TraceLayout.size <= limit
            if isWhole, life.endOffset <= limit { return life }
            life.endOffset = min(life.endOffset, limit)
            life.ending = .cut
            let kept = file.records(of: life).reduce(into: [TimedRecord]()) { $0.append($1) }
            life.last = kept.last?.nanoseconds ?? life.start
            return life
        }
    }
}

extension TraceLife {
    fileprivate var isDamaged: Bool {
        if case .damaged = ending { true } else { false }
    }
}

/// Three lives of one node: killed, stopped at the limit, stopped cleanly.
private struct Example {
    let bytes: [UInt8]
    let lives: [[TimedRecord]]

    init() {
        var writer = TraceFileWriter()
        var lives: [[TimedRecord]] = []
        for life in 0..<3 as Range<UInt64> {
            let time = life * 1_000_000 + 5
            writer.start(node: 2, incarnation: 77, cluster: "shop", nanoseconds: time)
            let kinds: [TraceKind] = [.preparing, .pulled, .invoked, .committed]
            lives.append(
                kinds.enumerated().map { position, kind in
                    TimedRecord(
                        nanoseconds: time + UInt64(position * 1000),
                        record: TraceRecord(
                            kind, time: (time + UInt64(position * 1000)) / 1000, node: 2, group: 9,
                            peer: 3, ballot: Ballot(round: life + 1, node: 2),
                            by: Ballot(round: 8, node: 1 << 63 | 5),
                            point: LogPoint(
                                index: UInt64(position), ballot: Ballot(round: 4, node: 1),
                                checksum: .max - life)))
                })
            for record in lives[lives.count - 1] { writer.add(record) }
            if life == 1 { writer.stop(nanoseconds: time + 9000) }
            if life == 2 { writer.end(nanoseconds: time + 9000) }
        }
        bytes = writer.bytes
        self.lives = lives
    }
}
