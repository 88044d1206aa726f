import Testing

private typealias Kind = WireMessage.Kind

@Suite struct `The check that nothing leaves before its flush` {
    private let ballot = WireBallot(round: 3, node: 1)

    private func violations(_ edit: (inout SyntheticLog) -> Void) -> [String] {
        var log = SyntheticLog()
        edit(&log)
        return DurabilityChecker([1: log.calls]).violations.map(\.description)
    }

    @Test func `accepts a promise after its commit`() {
        let found = violations {
            $0.write(promise: ballot)
            $0.commit()
            $0.send(Kind.promise, 0, at: ballot)
        }
        #expect(found == [])
    }

    @Test func `refuses a promise before its flush`() {
        let found = violations {
            $0.write(promise: ballot)
            $0.send(Kind.promise, 0, at: ballot)
            $0.commit()
        }
        #expect(found == ["node 1 promised 3.1 before that was durable"])
    }

    @Test func `refuses a promise between the flush and the switch of pages`() {
        let found = violations {
            $0.write(promise: ballot)
            $0.flush()
            $0.send(Kind.promise, 0, at: ballot)
            $0.switchPages()
        }
        #expect(found == ["node 1 promised 3.1 before that was durable"])
    }

    @Test func `refuses a promise when a lower ballot was stored`() {
        let found = violations {
            $0.write(promise: WireBallot(round: 2, node: 1))
            $0.commit()
            $0.send(Kind.promise, 0, at: ballot)
        }
        #expect(found == ["node 1 promised 3.1 before that was durable"])
    }

    @Test func `refuses a promise that names a tip that is not durable`() {
        let found = violations {
            $0.write(promise: ballot)
            $0.commit()
            $0.write(batch: 1, at: ballot)
            $0.send(Kind.promise, 1, at: ballot)
            $0.commit()
        }
        #expect(found == ["node 1 promised 3.1 with a log up to 1 before that was durable"])
    }

    @Test func `accepts a promise once a higher one is durable`() {
        let found = violations {
            $0.write(promise: WireBallot(round: 4, node: 2))
            $0.commit()
            $0.send(Kind.promise, 0, at: ballot)
        }
        #expect(found == [])
    }

    @Test func `accepts a promise whose tip was cut off in the same commit`() {
        let found = violations {
            $0.write(promise: ballot)
            $0.write(batch: 1, at: ballot, checksum: 5)
            $0.commit()
            $0.send(Kind.promise, 2, at: ballot)
        }
        #expect(found == [])
    }

    @Test func `refuses a promise whose tip was cut off before it`() {
        let found = violations {
            $0.write(batch: 1, at: ballot, checksum: 5)
            $0.commit()
            $0.write(promise: ballot)
            $0.commit()
            $0.send(Kind.promise, 2, at: ballot)
        }
        #expect(found == ["node 1 promised 3.1 with a log up to 2 before that was durable"])
    }

    @Test func `accepts an acknowledgement cut off by a higher ballot in the same commit`() {
        let found = violations {
            $0.write(promise: WireBallot(round: 4, node: 2))
            $0.write(batch: 1, at: WireBallot(round: 4, node: 2), checksum: 5)
            $0.commit()
            $0.send(Kind.accepted, 2, at: ballot)
        }
        #expect(found == [])
    }

    @Test func `refuses an acknowledgement cut off without a higher ballot`() {
        let found = violations {
            $0.write(promise: ballot)
            $0.write(batch: 1, at: ballot, checksum: 5)
            $0.commit()
            $0.send(Kind.accepted, 2, at: ballot)
        }
        #expect(found == ["node 1 accepted up to 2 at 3.1 before that was durable"])
    }

    @Test func `lets a refused promise leave at once`() {
        #expect(violations { $0.send(Kind.promise, 0, at: ballot, outcome: 1) } == [])
    }

    @Test func `accepts an acknowledgement after its commit`() {
        let found = violations {
            $0.write(batch: 1, at: ballot)
            $0.write(batch: 2, at: ballot)
            $0.commit()
            $0.send(Kind.accepted, 2, at: ballot)
        }
        #expect(found == [])
    }

    @Test func `refuses an acknowledgement before its flush`() {
        let found = violations {
            $0.write(batch: 1, at: ballot)
            $0.commit()
            $0.write(batch: 2, at: ballot)
            $0.send(Kind.accepted, 2, at: ballot)
            $0.commit()
        }
        #expect(found == ["node 1 accepted up to 2 at 3.1 before that was durable"])
    }

    @Test func `refuses an acknowledgement with a hole before it`() {
        let found = violations {
            $0.write(batch: 2, at: ballot)
            $0.commit()
            $0.send(Kind.accepted, 2, at: ballot)
        }
        #expect(found == ["node 1 accepted up to 2 at 3.1 before that was durable"])
    }

    @Test func `refuses pages that were written while the flush ran`() {
        var log = SyntheticLog()
        log.write(batch: 1, at: ballot)
        log.commit()
        log.send(Kind.accepted, 1, at: ballot)
        var calls = log.calls
        calls[0].end = calls[1].begin + 1
        #expect(DurabilityChecker([1: calls]).violations.count == 1)
    }

    @Test func `refuses an acknowledgement of another batch than the owner's`() {
        let found = violations {
            $0.send(accept: 1, at: ballot)
            $0.write(batch: 1, at: WireBallot(round: 1, node: 2), checksum: 5)
            $0.commit()
            $0.send(Kind.accepted, 1, at: ballot)
        }
        #expect(found == ["node 1 accepted up to 1 at 3.1 before that was durable"])
    }

    @Test func `refuses bytes it cannot read`() {
        let found = violations { $0.send(raw: [UInt8](repeating: 9, count: 130)) }
        #expect(found == ["node 1 wrote something else than messages to a socket"])
    }

    @Test func `reads a message that left in pieces`() {
        var log = SyntheticLog()
        let message = WireMessage(
            kind: Kind.accepted, group: SyntheticLog.group, ballot: ballot, index: 1)
        log.send(raw: Array(message.encoded.prefix(50)))
        log.send(raw: Array(message.encoded.dropFirst(50)))
        let checker = DurabilityChecker([1: log.calls])
        #expect(checker.tally.accepteds == 1)
        #expect(checker.violations.count == 1)
    }
}

@Suite struct `The check that nothing is answered before a quorum has it` {
    private let ballot = WireBallot(round: 3, node: 1)

    /// Three nodes store the batch one after the other; node 1 answers at `time`.
    private func checker(
        answerAt time: UInt64, outcome: UInt32 = 0, _ send: (inout SyntheticLog) -> Void
    ) -> DurabilityChecker {
        var logs: [UInt64: [SystemCall]] = [:]
        for node in 1...3 as ClosedRange<UInt64> {
            var log = SyntheticLog(from: node * 100)
            log.write(promise: ballot)
            log.write(batch: 1, at: ballot)
            log.commit()
            logs[node] = log.calls
        }
        var late = SyntheticLog(from: time)
        send(&late)
        logs[1, default: []] += late.calls
        return DurabilityChecker(logs)
    }

    /// Makes the group known: what a server sends of its own accord.
    private func introduce(_ log: inout SyntheticLog) {
        log.send(accept: 1, at: ballot)
    }

    @Test func `accepts an answer once two of three have the call`() {
        let checker = checker(answerAt: 250) {
            introduce(&$0)
            $0.send(answer: 1)
        }
        #expect(checker.violations.isEmpty)
        #expect(checker.tally.replies == 1)
    }

    @Test func `refuses an answer while only one of three has the call`() {
        let checker = checker(answerAt: 150) {
            introduce(&$0)
            $0.send(answer: 1)
        }
        #expect(
            checker.violations.map(\.description)
                == ["node 1 answered a call at 1 before that was durable"])
    }

    @Test func `lets an answer that nothing was done leave at once`() {
        let checker = checker(answerAt: 150) {
            introduce(&$0)
            $0.send(answer: 1, outcome: 65)
        }
        #expect(checker.violations.isEmpty)
    }

    @Test func `refuses a commit while only one of three has the batch`() {
        let early = checker(answerAt: 150) { $0.send(Kind.commit, 1, at: ballot) }
        #expect(early.violations.count == 1)
        let right = checker(answerAt: 250) { $0.send(Kind.commit, 1, at: ballot) }
        #expect(right.violations.isEmpty)
        #expect(right.tally.commits == 1)
    }
}
