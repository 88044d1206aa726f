import ADO
import Testing

@testable import Bench

@Suite struct `An operation loop` {
    @Test func `keeps its width in flight`() {
        var loop = OperationLoop(width: 3, writesPercent: 100)
        for _ in 0..<3 { _ = loop.openWrite(now: 10) }
        #expect(loop.room == 0)
        let reception = loop.receivedWrite(2, .done, index: 9, witness: 5, now: 14)
        #expect(reception == .acknowledged(nanoseconds: 4))
        #expect(loop.room == 1)
        #expect(loop.ledger.fate(2) == .acknowledged(index: 9))
        #expect(loop.ledger.witness(2) == 5)
    }

    @Test func `knows the lowest request that is open`() {
        var loop = OperationLoop(width: 3, writesPercent: 100)
        for _ in 0..<3 { _ = loop.openWrite(now: 0) }
        _ = loop.receivedWrite(2, .done, index: 1, witness: 0, now: 1)
        #expect(loop.lowestOpen == 1)
        _ = loop.receivedWrite(1, .refused, index: 0, witness: 0, now: 1)
        #expect(loop.lowestOpen == 3)
    }

    @Test func `rests the slot of a refused operation until the tick`() {
        var loop = OperationLoop(width: 1, writesPercent: 100)
        _ = loop.openWrite(now: 0)
        let reception = loop.receivedWrite(1, .refused, index: 0, witness: 0, now: 1)
        #expect(reception == .refused)
        #expect(loop.room == 0)
        #expect(loop.needsTick)
        let retries1 = loop.tick()
        #expect(retries1 == [])
        #expect(loop.room == 1)
        #expect(loop.ledger.fate(1) == .refused)
    }

    @Test func `retries an unknown operation under its own number and counts it once`() {
        var loop = OperationLoop(width: 1, writesPercent: 100)
        _ = loop.openWrite(now: 10)
        let first = loop.receivedWrite(1, .unknown, index: 0, witness: 0, now: 20)
        #expect(first == .unknown)
        #expect(loop.room == 0)
        #expect(!loop.isDrained)
        let retries2 = loop.tick()
        #expect(retries2 == [1])
        let second = loop.receivedWrite(1, .unknown, index: 0, witness: 0, now: 30)
        #expect(second == .nothing)
        let retries3 = loop.tick()
        #expect(retries3 == [1])
        let third = loop.receivedWrite(1, .done, index: 4, witness: 0, now: 50)
        #expect(third == .acknowledged(nanoseconds: 40))
        #expect(loop.attempts == [1: 3])
        #expect(loop.isDrained)
        #expect(loop.openCount == 0)
    }

    @Test func `does not believe a refusal of an operation in doubt`() {
        var loop = OperationLoop(width: 1, writesPercent: 100)
        _ = loop.openWrite(now: 0)
        _ = loop.receivedWrite(1, .unknown, index: 0, witness: 0, now: 1)
        _ = loop.tick()
        // This attempt was refused; the one before may still be done.
        let reception = loop.receivedWrite(1, .refused, index: 0, witness: 0, now: 2)
        #expect(reception == .nothing)
        #expect(loop.ledger.fate(1) == .open)
        let retries4 = loop.tick()
        #expect(retries4 == [1])
    }

    @Test func `opens nothing after the stop but settles what is in doubt`() {
        var loop = OperationLoop(width: 2, writesPercent: 100)
        _ = loop.openWrite(now: 0)
        loop.stop()
        #expect(loop.room == 0)
        _ = loop.receivedWrite(1, .unknown, index: 0, witness: 0, now: 1)
        let retries5 = loop.tick()
        #expect(retries5 == [1])
        _ = loop.receivedWrite(1, .done, index: 1, witness: 0, now: 2)
        #expect(loop.isDrained)
    }

    @Test func `counts a read that was not answered as failed`() {
        var loop = OperationLoop(width: 2, writesPercent: 0)
        #expect(loop.writes(amongNext: 2) == 0)
        let read = loop.openRead(now: 5)
        let first = loop.receivedRead(read, .unknown, index: 0, witness: 0, now: 9)
        #expect(first == .refused)
        _ = loop.tick()
        let next = loop.openRead(now: 10)
        let second = loop.receivedRead(next, .done, index: 6, witness: 5, now: 12)
        #expect(second == .acknowledged(nanoseconds: 2))
        #expect(loop.isDrained)
    }

    @Test func `mixes as many writes as asked for`() {
        let loop = OperationLoop(width: 1, writesPercent: 50)
        #expect(loop.writes(amongNext: 1000) == 500)
        #expect((0...4).contains(loop.writes(amongNext: 4)))
    }

    @Test func `writes first what is read later`() {
        var loop = OperationLoop(width: 4, writesPercent: 0, preload: 3)
        loop.open(atMost: 3)
        #expect(loop.room == 3)
        #expect(loop.writes(amongNext: 3) == 3)
        for _ in 0..<3 { _ = loop.openWrite(now: 0) }
        #expect(loop.room == 0)
        loop.open(atMost: .max)
        #expect(loop.room == 1)
        #expect(loop.writes(amongNext: 1) == 0)
    }

    @Test func `gives up an operation whose result was given up`() {
        var loop = OperationLoop(width: 1, writesPercent: 100)
        _ = loop.openWrite(now: 0)
        let reception = loop.receivedWrite(1, .forgotten, index: 5, witness: 0, now: 1)
        #expect(reception == .unknown)
        #expect(loop.ledger.fate(1) == .forgotten)
        #expect(loop.isDrained)
        #expect(loop.room == 1)
    }

    @Test func `takes back what could not be submitted`() {
        var loop = OperationLoop(width: 2, writesPercent: 100)
        _ = loop.openWrite(now: 0)
        _ = loop.openWrite(now: 0)
        loop.takeBackWrites(2)
        #expect(loop.room == 0)
        #expect(loop.isDrained)
        _ = loop.tick()
        #expect(loop.room == 2)
        #expect(loop.ledger.last == 0)
        let request = loop.openWrite(now: 0)
        #expect(request == 1)
    }
}

@Suite struct `A request ledger` {
    @Test func `keeps a long run`() {
        var ledger = RequestLedger()
        for number in 1...100_000 as ClosedRange<UInt64> {
            let request = ledger.open(now: number)
            #expect(request == number)
        }
        for number in 1...100_000 as ClosedRange<UInt64> where number % 3 == 0 {
            ledger.acknowledge(number, index: number + 7, witness: number * 2, now: number + 1)
        }
        #expect(ledger.acknowledged == 33_333)
        #expect(ledger.fate(99_999) == .acknowledged(index: 100_006))
        #expect(ledger.witness(99_999) == 199_998)
        #expect(ledger.fate(100_000) == .open)
        #expect(ledger.due(100_000) == 100_000)
        #expect(!ledger.contains(0))
        #expect(!ledger.contains(100_001))
    }
}

@Suite struct `The values of a run` {
    @Test func `name their writer`() {
        let values = Values(keys: 10, valueBytes: 100)
        let id = Values.id(client: 3, request: 12_345)
        let value = values.value(of: id)
        #expect(value.utf8.count == 100)
        #expect(values.writer(of: value) == id)
        #expect(values.isValue(value, of: id))
        #expect(!values.isValue(value, of: id + 1))
        #expect(!values.isValue(String(value.dropLast()) + "x", of: id))
        let name = value.prefix(16)
        #expect(!values.isValue(name + "x" + String(repeating: ".", count: 83), of: id))
        #expect(!values.isValue(name + String(repeating: "x", count: 84), of: id))
        #expect(Values(keys: 10, valueBytes: 16).isValue(String(name), of: id))
    }

    @Test func `differ between any two requests`() {
        let values = Values(keys: 10, valueBytes: 16)
        var seen = Set<String>()
        for client in 0..<4 {
            for request in 1...500 as ClosedRange<UInt64> {
                seen.insert(values.value(of: Values.id(client: client, request: request)))
            }
        }
        #expect(seen.count == 2000)
    }

    @Test func `tell a missing value and a strange one apart`() {
        let values = Values(keys: 10, valueBytes: 16)
        #expect(writer(nil, values) == 0)
        #expect(writer("not hexadecimal!", values) == .max)
        for strange in [[], [0, 0], [1], [2], [1, 200]] as [[UInt8]] {
            #expect(strange.withUnsafeBytes { values.writer(in: $0) } == .max)
        }
    }

    @Test func `are judged to their last byte in a result as well`() {
        let values = Values(keys: 10, valueBytes: 100)
        let id = Values.id(client: 3, request: 12_345)
        let value = values.value(of: id)
        #expect(writer(value, values) == id)
        #expect(writer(String(value.dropLast()), values) == .max)
        #expect(writer(String(value.dropLast()) + "x", values) == .max)
        #expect(writer(value + ".", values) == .max)
        #expect(writer("." + value, values) == .max)
    }

    /// The writer in the result of a write that replaced `value`.
    private func writer(_ value: String?, _ values: Values) -> UInt64 {
        var writer = Writer()
        value.write(to: &writer)
        return writer.bytes.withUnsafeBytes { values.writer(in: $0) }
    }

    @Test func `use every key`() {
        let values = Values(keys: 64, valueBytes: 16)
        let used = Set((1...2000).map { values.keyIndex(of: Values.id(client: 0, request: $0)) })
        #expect(used.count == 64)
    }
}
