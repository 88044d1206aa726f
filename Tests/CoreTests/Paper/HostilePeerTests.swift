import CMultiPaxos
import Testing

@testable import ADOSimulator

/// Checksums keep damage out, but a peer may be wrong or of another version: whatever it sends is
/// an outcome, never a stop, and a step that refuses changes nothing.
@Suite struct `A peer that sends nonsense` {
    /// Values that reach far into the checks: those in use, their neighbours, and extremes.
    private struct Forge {
        var random: Random
        let cluster: CoreCluster
        let frames: [Frame]

        mutating func number(_ most: UInt64) -> UInt64 {
            let extremes: [UInt64] = [0, 1, most, most + 1, .max, .max - 1, 1 << 32, clientBit]
            return random.chance(150) ? extremes[random.below(8)] : random.below(most + 3)
        }

        mutating func ballot(from: UInt64) -> mp_ballot {
            let own = mp_ballot(1 + random.below(UInt64(6)), from)
            switch random.below(6) {
            case 0: return cluster[from].view().promised
            case 1: return mp_ballot(number(6), number(3))
            case 2: return cluster[UInt64(random.below(3) + 1)].view().owner
            default: return own
            }
        }

        mutating func point() -> mp_point {
            if random.chance(600),
                let frame = frames.isEmpty ? nil : frames[random.below(frames.count)]
            {
                return frame.point
            }
            return mp_point(
                index: number(8), ballot: ballot(from: 1), checksum: random.below(UInt64(3)))
        }

        mutating func packet() -> Packet {
            let from = UInt64(random.below(3) + 1)
            let to = from % 3 + 1
            var message = mp_message()
            message.kind = UInt8(random.below(17))
            message.outcome = random.chance(500) ? 0 : UInt8(random.below(6))
            message.flags = UInt16(random.below(4))
            message.group = random.chance(950) ? 1 : number(4)
            message.ballot = ballot(from: from)
            message.point = point()
            message.commit = number(8)
            message.sequence = random.chance(500) ? cluster.now &+ number(30) : number(9)
            message.value = number(9)
            let kinds = [MP_MESSAGE_ACCEPT, MP_MESSAGE_FRAME].map { UInt8($0.rawValue) }
            let takesFrame = kinds.contains(message.kind) && random.chance(900)
            return Packet(from: from, to: to, message: message, frame: takesFrame ? frame() : nil)
        }

        mutating func frame() -> Frame {
            if random.chance(500), !frames.isEmpty { return frames[random.below(frames.count)] }
            let first = min(max(number(8), 1), UInt64.max - 9)
            let ballot = ballot(from: 1)
            return Frame.sealed(
                (0...random.below(3)).map { [UInt8($0)] }, group: random.chance(950) ? 1 : 2,
                first: first,
                ballot: ballot.round == 0 ? mp_ballot(1, 1) : ballot, previous: point().checksum)
        }
    }

    /// It says that an entry is committed, and in the same message that it is another one.
    @Test func `cannot have an entry committed and replaced at once`() {
        let cluster = CoreCluster(voters: 3)
        cluster.recordsIssues = false
        cluster.start()
        cluster.settle()
        let ballot = mp_ballot(5, 1)
        for (number, own) in [ballot, mp_ballot(4, 1)].enumerated() {
            var message = mp_message()
            message.kind = UInt8(MP_MESSAGE_ACCEPT.rawValue)
            message.group = 1
            message.ballot = ballot
            message.commit = UInt64(number)
            let frame = Frame.sealed([[UInt8(number)]], first: 1, ballot: own, previous: 0)
            let status = cluster.receive(Packet(from: 1, to: 2, message: message, frame: frame))
            #expect(status == (number == 0 ? MP_OK : MP_MALFORMED))
        }
        #expect(cluster[2].isUp)
    }

    @Test(arguments: 1...(seedCount.map { $0 / 10 + 1 } ?? 6))
    func `stops nobody and makes no failing step change anything`(seed: UInt64) {
        RunningSeeds.with(seed) { attack(seed) }
    }

    private func attack(_ seed: UInt64) {
        var random = Random(seed: seed)
        for _ in 0..<60 {
            let cluster = CoreCluster.owned(by: UInt64(random.below(3) + 1), "a", "b")
            // What it says is believed where it can be: only stops and changes count here.
            cluster.recordsIssues = false
            let frames = (0...2).flatMap { cluster[$0 + 1].memory[1]?.frames ?? [] }
            var forge = Forge(random: Random(seed: random.next()), cluster: cluster, frames: frames)
            for step in 0..<120 {
                if step % 9 == 0 { cluster.pull(UInt64(random.below(3) + 1)) }
                if step % 7 == 0 { cluster.invoke(UInt64(random.below(3) + 1), "x", "y") }
                if step % 7 == 3 { cluster.push(UInt64(random.below(3) + 1)) }
                if step % 11 == 5 { cluster.confirm(UInt64(random.below(3) + 1)) }
                if step % 13 == 5 { cluster.askTips(UInt64(random.below(3) + 1)) }
                if step % 5 == 0 { cluster.timeOut(UInt64(random.below(3) + 1)) }
                let packet = forge.packet()
                cluster.receive(packet)
                for node in UInt64(1)...3 { cluster.flush(node) }
                if random.chance(500) { cluster.deliver { _ in random.chance(500) } }
            }
            let changes = cluster.violations.filter {
                $0.explanation.contains("changed the replica")
            }
            #expect(changes.isEmpty, "seed \(seed): \(changes)")
        }
    }
}
