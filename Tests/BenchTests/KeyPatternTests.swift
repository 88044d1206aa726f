import Testing

@testable import Bench

@Suite struct `The keys of a workload` {
    private func id(_ client: Int, _ request: UInt64) -> UInt64 {
        Values.id(client: client, request: request)
    }

    @Test func `that inserts go round, each client its own`() {
        let values = Values(
            keys: 10, valueBytes: 20, preload: 10, distribution: .zipfian, pattern: .latest,
            clients: 2)
        // The first client has written all of them before.
        let first = (1...15).map { values.keyIndex(of: id(0, $0)) }
        #expect(first == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 2, 4, 6, 8])
        #expect((1...5).map { values.keyIndex(of: id(1, $0)) } == [1, 3, 5, 7, 9])
    }

    @Test func `that reads the latest are mostly those inserted last`() {
        let values = Values(
            keys: 1000, valueBytes: 20, preload: 1000, distribution: .zipfian, pattern: .latest)
        for round in [0, 10, 700, 5000] as [UInt64] {
            // Reads for the insertions until then; the last of them is at `latest`.
            let latest = (Int(round) + 999) % 1000
            let reads = (round * 19..<round * 19 + 19).map { values.readKeyIndex(of: id(0, $0)) }
            let ages = reads.map { (latest - $0 + 1000) % 1000 }
            #expect(ages.count { $0 < 100 } >= 8, "\(ages)")
            #expect(reads.allSatisfy { (0..<1000).contains($0) })
        }
    }

    @Test func `that reads and then writes are the same for both`() throws {
        let values = Values(
            keys: 100, valueBytes: 20, preload: 100, distribution: .zipfian, pattern: .pairs)
        for client in 0...1 {
            let preloaded: UInt64 = client == 0 ? 100 : 0
            for read in 1...50 as ClosedRange<UInt64> {
                guard let write = writeAfter(read: read, preloaded: preloaded) else {
                    #expect(read % 2 == 0)
                    continue
                }
                #expect(write == preloaded + (read + 1) / 2)
                let key = values.readKeyIndex(of: id(client, read))
                #expect(key == values.keyIndex(of: id(client, write)))
            }
        }
    }

    @Test func `come in the mixes of YCSB`() {
        #expect(Workload.ycsbD.writesPercent == 5 && Workload.ycsbD.pattern == .latest)
        #expect(Workload.ycsbF.pattern == .pairs && Workload.ycsbF.needsPreload)
        #expect(Workload.ycsbA.pattern == .independent)
    }
}

@Suite struct `A loop that reads and then writes` {
    private func loop(width: Int = 4, preload: Int = 0) -> OperationLoop {
        OperationLoop(width: width, writesPercent: 50, preload: preload, pairs: true)
    }

    private func answerRead(
        _ loop: inout OperationLoop, _ read: UInt64, _ answer: Answer = .done, at now: UInt64
    ) -> OperationLoop.Reception {
        loop.receivedRead(read, answer, index: 5, witness: 9, now: now)
    }

    @Test func `opens the write when its read is over, as one operation`() {
        var loop = loop(width: 2)
        #expect(loop.writes(amongNext: 2) == 0)
        #expect(loop.openRead(now: 100) == 1)
        #expect(loop.openRead(now: 101) == 2)
        #expect(answerRead(&loop, 1, at: 150) == .nothing)
        // The operation keeps its place.
        #expect(loop.writesReady == 1 && loop.room == 0)
        #expect(loop.openWrite(now: 151) == 1)
        #expect(loop.writesReady == 0 && loop.room == 0)
        let reception = loop.receivedWrite(1, .done, index: 7, witness: 9, now: 180)
        #expect(reception == .acknowledged(nanoseconds: 80))
        #expect(loop.room == 1)
        // What was read counts for the history, and by itself for nothing.
        #expect(loop.reads[1]?.interval == Interval(called: 100, returned: 150))
        #expect(loop.ledger.interval(1) == Interval(called: 151, returned: 180))
        #expect(answerRead(&loop, 2, at: 190) == .acknowledged(nanoseconds: 89))
    }

    @Test func `keeps back a write until the ones before it were opened`() {
        var loop = loop()
        for _ in 0..<4 { _ = loop.openRead(now: 1) }
        #expect(answerRead(&loop, 3, at: 2) == .nothing)
        #expect(loop.writesReady == 0)
        #expect(answerRead(&loop, 1, at: 3) == .nothing)
        #expect(loop.writesReady == 2)
        #expect(loop.openWrite(now: 4) == 1)
        #expect(loop.openWrite(now: 4) == 2)
    }

    @Test func `counts an operation whose read failed once, as failed`() {
        var loop = loop()
        _ = loop.openRead(now: 1)
        #expect(answerRead(&loop, 1, .refused, at: 2) == .refused)
        #expect(loop.writesReady == 1)
        #expect(loop.openWrite(now: 3) == 1)
        #expect(loop.receivedWrite(1, .done, index: 7, witness: 0, now: 4) == .nothing)
        #expect(loop.reads[1] == nil)
        #expect(loop.room == 4 && loop.isDrained)
    }

    @Test func `tries a write again that could not be submitted`() {
        var loop = loop()
        _ = loop.openRead(now: 1)
        _ = answerRead(&loop, 1, at: 2)
        _ = loop.openWrite(now: 3)
        loop.takeBackWrites(1)
        #expect(loop.writesReady == 1 && loop.needsTick && loop.room == 3)
        #expect(loop.openWrite(now: 5) == 1)
        #expect(
            loop.receivedWrite(1, .done, index: 7, witness: 0, now: 9)
                == .acknowledged(nanoseconds: 8))
    }

    @Test func `writes its keys first, and nothing more once it is stopped`() {
        var loop = loop(preload: 3)
        #expect(loop.writes(amongNext: 4) == 3)
        for _ in 0..<3 { _ = loop.openWrite(now: 1) }
        #expect(loop.openRead(now: 2) == 1)
        for request in 1...3 as ClosedRange<UInt64> {
            _ = loop.receivedWrite(request, .done, index: request, witness: 0, now: 3)
        }
        _ = answerRead(&loop, 1, at: 4)
        #expect(loop.writesReady == 1)
        loop.stop()
        #expect(loop.writesReady == 0 && loop.isDrained && loop.room == 0)
    }
}
