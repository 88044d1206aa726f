import ADOSpec
import CMultiPaxos
import Testing

@testable import ADOSimulator

/// Every check must be able to fail.
@Suite struct `The checks` {
    func frame(_ text: String, first: UInt64, _ ballot: mp_ballot, after: Frame? = nil) -> Frame {
        Frame.sealed(
            [Array(text.utf8)], first: first, ballot: ballot,
            previous: after?.batch.checksum ?? 0)
    }

    @Test func `read the trace records of the core by the same numbers`() {
        for kind in TraceKind.allCases where kind.rawValue < TraceKind.started.rawValue {
            let name = mp_trace_name(mp_trace_kind(UInt32(kind.rawValue)))
            #expect(name.map { String(cString: $0) } == kind.description)
        }
        let after = mp_trace_name(mp_trace_kind(UInt32(TraceKind.installed.rawValue) + 1))
        #expect(after.map { String(cString: $0) } == "unknown")
    }

    @Test func `reject two histories of one index`() {
        var ledger = Ledger()
        #expect(ledger.record(frame("a", first: 1, mp_ballot(1, 1)), group: 1) == .new)
        #expect(ledger.record(frame("a", first: 1, mp_ballot(1, 1)), group: 1) == .known)
        let other = ledger.record(frame("b", first: 1, mp_ballot(1, 1)), group: 1)
        #expect(other != .known && other != .new)
    }

    @Test func `reject a committed batch that does not descend from the one before`() {
        var ledger = Ledger()
        let first = frame("a", first: 1, mp_ballot(1, 1))
        #expect(ledger.record(first, group: 1) == .new)
        let stray = frame("b", first: 2, mp_ballot(1, 1))
        let verdict = ledger.record(stray, group: 1)
        #expect(verdict != .new && verdict != .known)
        #expect(
            ledger.record(frame("b", first: 2, mp_ballot(1, 1), after: first), group: 1) == .new)
    }

    @Test func `reject a commit that is known under a lower promise than its owner's`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        cluster.recordsIssues = false
        cluster.crash(3)
        cluster.invoke(1, "b")
        cluster.push(1)
        cluster.settle(among: [1, 2])
        #expect(cluster.own(2, among: [1, 2]) != nil)
        cluster.barrier(2)
        cluster.push(2)
        cluster.settle(among: [1, 2])
        let commit = cluster[2].view().commit
        #expect(cluster.ledger.ballot(committing: commit.index, 1) == cluster[2].view().owner)
        #expect(cluster.ledger.ballot(committing: commit.index + 1, 1) == nil)
        cluster.start(3)
        var view = cluster[3].view()
        #expect(view.promised < commit.ballot)
        // The entry before was committed by node 1, to which node 3 has promised.
        view.commit = cluster.ledger.frames(1)[1].point
        cluster.checkPromise(cluster[3], view)
        #expect(cluster.violations.isEmpty)
        view.commit = commit
        cluster.checkPromise(cluster[3], view)
        #expect(cluster.violations.first?.rule == "committed under the promise")
    }

    @Test func `reject a read that misses what was committed before it`() {
        var reads = ReadCheck("owner")
        reads.ask(1, 1, floor: 5)
        reads.ask(1, 1, floor: 6)
        #expect(reads.answer(1, 1, through: 5) == nil)
        #expect(reads.answer(1, 1, through: 5) != nil)
    }

    @Test func `reject a message that leaves before its write`() {
        let cluster = CoreCluster(voters: 3)
        cluster.recordsIssues = false
        cluster.start()
        var message = mp_message()
        message.group = 1
        message.ballot = mp_ballot(5, 2)
        for kind in [
            MP_MESSAGE_PREPARE, MP_MESSAGE_PROMISE, MP_MESSAGE_ACCEPTED, MP_MESSAGE_ACCEPT,
        ] {
            message.kind = UInt8(kind.rawValue)
            let count = cluster.violations.count
            cluster.depart(Packet(from: 1, to: 2, message: message))
            #expect(cluster.violations.count == count + 1)
        }
    }

    @Test func `reject an acknowledgement of another entry than the one on the disk`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        cluster.recordsIssues = false
        let hard = cluster[1].disk.hard(1)
        var message = mp_message()
        message.group = 1
        message.kind = UInt8(MP_MESSAGE_ACCEPTED.rawValue)
        message.ballot = cluster[1].view().owner
        message.point.index = hard.tip.index
        cluster.depart(Packet(from: 2, to: 1, message: message))
        #expect(cluster.violations.isEmpty)
        let stray = frame("b", first: hard.tip.index, mp_ballot(1, 1))
        var stored = StoredGroup()
        stored.hard = hard
        _ = stored.frames.append(stray)
        cluster[2].disk.prepare(1, stored)
        cluster.depart(Packet(from: 2, to: 1, message: message))
        #expect(cluster.violations.first?.rule == "durable before sent")
        #expect(cluster.violations.first?.explanation.contains("where the owner has") ?? false)
    }

    @Test func `reject a disk on which something else is committed, or a gap`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        cluster.recordsIssues = false
        cluster.checkDisk(of: cluster[2])
        cluster.checkStart(of: cluster[2])
        #expect(cluster.violations.isEmpty)
        let hard = cluster[1].disk.hard(1)
        var stored = StoredGroup()
        stored.hard = hard
        stored.hard.commit = hard.tip
        _ = stored.frames.append(frame("b", first: 1, mp_ballot(1, 1)))
        cluster[2].disk.prepare(1, stored)
        cluster.checkDisk(of: cluster[2])
        #expect(cluster.violations.first?.rule == "agreement")
        stored.frames = FrameList()
        _ = stored.frames.append(frame("b", first: 2, mp_ballot(1, 1)))
        cluster[2].disk.prepare(1, stored)
        cluster.checkStart(of: cluster[2])
        #expect(cluster.violations.last?.rule == "disk")
    }

    @Test func `reject a vote with a damaged log`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        cluster.recordsIssues = false
        var message = mp_message()
        message.group = 1
        message.kind = UInt8(MP_MESSAGE_PROMISE.rawValue)
        cluster.checkVote(message, of: cluster[3])
        #expect(cluster.violations.isEmpty)
        cluster.invoke(1, "b")
        cluster.push(1)
        cluster.settle()
        cluster.crash(3)
        let last = cluster[3].disk[1].frames.frames.count - 1
        #expect(cluster[3].damageDisk(1, frame: last))
        cluster.start(3)
        cluster.checkVote(message, of: cluster[3])
        let isDamaged = cluster[3].view().damaged
        #expect(cluster.violations.map(\.rule) == (isDamaged ? ["no vote without memory"] : []))
        #expect(isDamaged)
        message.outcome = UInt8(MP_OUTCOME_OK.rawValue) + 1
        cluster.checkVote(message, of: cluster[3])
        #expect(cluster.violations.count == 1)
    }

    @Test func `reject a vote of who has forgotten what it promised`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        cluster.recordsIssues = false
        cluster.crash(3)
        cluster.start(3, lost: [1])
        for kind in [TraceKind.refused, .committed] {
            cluster.checkMemory(TraceRecord(kind, node: 3, group: 1))
        }
        cluster.checkMemory(TraceRecord(.promised, node: 2, group: 1))
        #expect(cluster.violations.isEmpty)
        for (count, kind) in [TraceKind.promised, .accepted].enumerated() {
            cluster.checkMemory(TraceRecord(kind, node: 3, group: 1))
            #expect(cluster.violations.count == count + 1)
        }
        #expect(cluster.violations.allSatisfy { $0.rule == "no vote without memory" })
    }

    @Test func `reject a disk that goes back or has gaps`() {
        var disk = Disk()
        let a = frame("a", first: 1, mp_ballot(2, 1))
        let b = frame("b", first: 2, mp_ballot(2, 1), after: a)
        var write = mp_write()
        write.id = 1
        write.group = 1
        write.batch_first = 1
        write.hard = mp_hard_state(
            promised: mp_ballot(2, 1), tip: a.point, commit: a.point, trimmed: .root, voters: 0,
            admissions: 0, born: 0)
        disk.submit(write, frame: a)
        #expect(disk.makeNextDurable().violation == nil)

        var lower = write
        lower.batch_first = 0
        lower.hard.promised = mp_ballot(1, 1)
        disk.submit(lower, frame: nil)
        #expect(disk.makeNextDurable().violation != nil)

        var gap = write
        gap.hard.tip = frame("c", first: 3, mp_ballot(2, 1), after: b).point
        disk.submit(gap, frame: frame("c", first: 3, mp_ballot(2, 1), after: b))
        #expect(disk.makeNextDurable().violation != nil)

        var cut = write
        cut.truncate_from = 1
        disk.submit(cut, frame: a)
        #expect(disk.makeNextDurable().violation != nil)
    }
}
