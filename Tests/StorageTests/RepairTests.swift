import CMultiPaxos
import CMultiPaxosLMDB
import Foundation
import TestSupport
import Testing

/// A group of six batches, the first three committed, and another group.
@Suite struct `A damaged batch` {
    let directory: TemporaryDirectory
    let options: Options
    var log = Log(7)
    var other = Log(9)
    let file: DataFile

    init() throws {
        directory = try TemporaryDirectory()
        options = Options(path: directory.path("data"))
        try options.format()
        try options.grow(&log, &other, by: 6, committing: 3) { $0 == 1 ? 30_000 : 50 }
        file = try DataFile(options)
    }

    /// Flips a byte of the frames of these batches and runs `body`.
    private func damaging(_ positions: [Int], _ body: () throws -> Void) throws {
        guard let position = positions.first else { return try body() }
        let frame = log.batches[position].frame
        let offsets = try file.offsets(of: frame)
        try file.with([frame[75] ^ 0x40], at: offsets.map { $0 + 75 }) {
            try damaging(Array(positions.dropFirst()), body)
        }
    }

    @Test(arguments: [0, 1, 2, 3, 5])
    func `is whole again once the same bytes are stored`(position: Int) throws {
        try damaging([position]) {
            let batch = log.batches[position]
            do {
                let storage = try Storage(options)
                let health = try storage.load()[7]?.health
                #expect(health == (position < 3 ? MP_LMDB_WHOLE : MP_LMDB_DAMAGED))
                let found = try storage.verify(7)
                #expect(found.map(\.what.first) == [batch.identity.first])
                #expect(found.map(\.what.checksum) == [batch.identity.checksum])
                try storage.repair(batch.frame)
                #expect(try storage.verify(7).isEmpty)
                #expect(try expectIntact(log, in: storage, storage.load()))
            }
            let again = try Storage(options)
            #expect(try expectIntact(log, in: again, again.load()))
            #expect(try expectIntact(other, in: again, again.load()))
            try again.commit([nextWrite()])
        }
    }

    /// The next write of the group: what was repaired is as good as what was never damaged.
    private func nextWrite() -> Write {
        var next = log
        return next.append([[77]])
    }

    @Test func `is not replaced by another batch of the same index`() throws {
        var rival = Log(7)
        for i in 0..<6 { _ = rival.append([[UInt8(i)], [3]]) }
        try damaging([4]) {
            let storage = try Storage(options)
            for batch in rival.batches {
                let failure = #expect(throws: Failure.self) { try storage.repair(batch.frame) }
                #expect(failure?.status == MP_STALE)
            }
            #expect(try storage.load()[7]?.health == MP_LMDB_DAMAGED)
            try storage.repair(log.batches[4].frame)
            #expect(try expectIntact(log, in: storage, storage.load()))
        }
    }

    @Test func `of one place is found beside others, and each is repaired`() throws {
        try damaging([0, 2, 4]) {
            let storage = try Storage(options)
            #expect(try storage.verify(7).map(\.what.first) == [1, 5, 9])
            for position in [4, 0, 2] { try storage.repair(log.batches[position].frame) }
            #expect(try expectIntact(log, in: storage, storage.load()))
        }
    }

    @Test func `is given to nobody`() throws {
        try damaging([4]) {
            let storage = try Storage(options)
            for (position, batch) in log.batches.enumerated() {
                let identity = batch.identity
                let found = storage.find(7, last: identity.last, checksum: identity.checksum)
                #expect(found == (position == 4 ? nil : batch.frame))
                #expect(storage.find(7, last: identity.last, checksum: 1) == nil)
                #expect(storage.find(9, last: identity.last, checksum: identity.checksum) == nil)
            }
        }
    }

    @Test func `is found by a scrub of any pace, once in each round`() throws {
        try damaging([0, 4]) {
            let storage = try Storage(options)
            for pace: UInt64 in [1, 200, 40_000, .max] {
                var place = mp_lmdb_place()
                var damages: [Damage] = []
                var bytes: UInt64 = 0
                repeat {
                    bytes += try storage.scrub(&place, bytes: pace, &damages)
                } while place.group != 0 || place.first != 0
                #expect(damages.map(\.what.first) == [1, 9], "\(pace)")
                #expect(damages.allSatisfy { $0.text.contains("group 7: the batch at index") })
                let sizes = (log.batches + other.batches).map { UInt64($0.frame.count) }
                #expect(bytes == sizes.reduce(0, +), "\(pace)")
            }
        }
    }

    @Test func `does not keep a scrub of an empty directory from its end`() throws {
        let empty = Options(path: directory.path("empty"))
        try empty.format()
        let storage = try Storage(empty)
        var place = mp_lmdb_place()
        var damages: [Damage] = []
        #expect(try storage.scrub(&place, bytes: 100, &damages) == 0)
        #expect(place.group == 0 && place.first == 0 && damages.isEmpty)
        #expect(try storage.verify(nil).isEmpty)
    }
}
