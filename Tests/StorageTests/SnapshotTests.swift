import CMultiPaxos
import CMultiPaxosLMDB
import Foundation
import TestSupport
import Testing

@Suite struct `A stored snapshot` {
    let directory: TemporaryDirectory
    let options: Options

    init() throws {
        directory = try TemporaryDirectory()
        options = Options(path: directory.path("data"))
        try options.format()
    }

    private func bytes(_ size: Int, of number: UInt8 = 7) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: ($0 &* $0 &* 2_654_435_761) >> 17) ^ number }
    }

    private func manifest(_ bytes: [UInt8], at index: UInt64) -> mp_lmdb_snapshot {
        let size = UInt64(bytes.count)
        var checksum: UInt64 = 0
        var offset = 0
        for number in 0..<mp_lmdb_chunk_count(size) {
            let count = mp_lmdb_chunk_size(size, number)
            checksum = mp_lmdb_chunk_hash(
                checksum, Array(bytes[offset..<offset + Int(count)]), count)
            offset += Int(count)
        }
        let ballot = mp_ballot(round: 3, node: 1)
        return mp_lmdb_snapshot(
            group: 5, point: mp_point(index: index, ballot: ballot, checksum: 11), ballot: ballot,
            voters: 7, admissions: 3 << 20, digest: 99, size: size, checksum: checksum)
    }

    private func put(_ bytes: [UInt8], at index: UInt64, in storage: Storage) throws {
        let step = 4 * Int(MP_LMDB_CHUNK_SIZE)
        for offset in stride(from: 0, to: bytes.count, by: step) {
            let first = UInt64(offset) / UInt64(MP_LMDB_CHUNK_SIZE)
            let piece = bytes[offset..<min(offset + step, bytes.count)]
            try storage.putChunks(5, index, first: first, Array(piece))
        }
    }

    private func status(_ body: () throws -> Void) -> mp_status {
        do { try body() } catch { return (error as? Failure)?.status ?? MP_SYSTEM }
        return MP_OK
    }

    @Test func `comes back after a restart, chunk by chunk`() throws {
        let whole = bytes(2_500_001)
        do {
            let storage = try Storage(options)
            try put(whole, at: 40, in: storage)
            try storage.putSnapshot(manifest(whole, at: 40))
        }
        let storage = try Storage(options)
        let found = try #require(try storage.snapshot(5))
        let put = manifest(whole, at: 40)
        #expect(StorageTests.bytes(found.point) == StorageTests.bytes(put.point))
        #expect(StorageTests.bytes(found.ballot) == StorageTests.bytes(put.ballot))
        #expect(found.voters == put.voters && found.admissions == put.admissions)
        #expect(found.digest == put.digest && found.checksum == put.checksum)
        #expect(found.group == put.group && found.size == put.size)
        #expect(mp_lmdb_chunk_count(found.size) == 10)
        #expect(try storage.readChunks(5, 40, count: 10) == whole)
        let size = Int(MP_LMDB_CHUNK_SIZE)
        let fourth = Array(whole[(3 * size)..<(4 * size)])
        #expect(try storage.readChunks(5, 40, first: 3, count: 1) == fourth)
        #expect(status { _ = try storage.readChunks(5, 40, count: 11) } == MP_CORRUPT)
        #expect(try storage.snapshot(4) == nil && storage.snapshot(6) == nil)
    }

    @Test func `is none before its record`() throws {
        let old = bytes(300_000, of: 1)
        let new = bytes(300_000, of: 2)
        do {
            let storage = try Storage(options)
            try put(old, at: 40, in: storage)
            #expect(try storage.snapshot(5) == nil)
            try storage.putSnapshot(manifest(old, at: 40))
            try put(new, at: 50, in: storage)
        }
        let storage = try Storage(options)
        #expect(try storage.snapshot(5)?.point.index == 40)
        #expect(try storage.readChunks(5, 40, count: 2) == old)
        #expect(status { _ = try storage.readChunks(5, 50, count: 2) } == MP_TRIMMED)
        // Written again, as after a crash, and made the snapshot.
        try put(new, at: 50, in: storage)
        try storage.putSnapshot(manifest(new, at: 50))
        #expect(try storage.readChunks(5, 50, count: 2) == new)
        #expect(status { _ = try storage.readChunks(5, 40, count: 2) } == MP_TRIMMED)
    }

    @Test func `belongs to a log if a batch of it ends at the very point`() throws {
        let storage = try Storage(options)
        var log = Log(5)
        for size in 1...3 { try storage.commit([log.append(Array(repeating: [7], count: size))]) }
        let tip = log.hard.tip
        #expect(tip.index == 6)
        #expect(storage.holds(5, tip))
        for index in [0, 2, 4, 5, 7, UInt64.max] {
            var other = tip
            other.index = index
            #expect(!storage.holds(5, other))
        }
        var other = tip
        other.checksum += 1
        #expect(!storage.holds(5, other))
        other = tip
        other.ballot.round += 1
        #expect(!storage.holds(5, other))
        #expect(!storage.holds(4, tip) && !storage.holds(6, tip))
    }

    /// Else it would be swept at once, and had from a peer again and again.
    @Test func `takes the place of a later one that was given up`() throws {
        let storage = try Storage(options)
        for index in [1000, 950] as [UInt64] {
            let whole = bytes(300_000, of: UInt8(index % 251))
            try put(whole, at: index, in: storage)
            try storage.putSnapshot(manifest(whole, at: index))
        }
        #expect(try storage.snapshot(5)?.point.index == 950)
    }

    @Test func `leaves no chunks behind if it was given up`() throws {
        let storage = try Storage(options)
        let small = bytes(1000)
        try put(small, at: 10, in: storage)
        try storage.putSnapshot(manifest(small, at: 10))
        let large = bytes(40 * Int(MP_LMDB_CHUNK_SIZE))
        try put(large, at: 20, in: storage)
        let used = storage.stats.bytes_used
        #expect(try storage.dropChunks(5) == 2)
        try put(large, at: 30, in: storage)
        let more = storage.stats.bytes_used - used
        #expect(more < UInt64(large.count) / 4, "what was dropped is used again")
        #expect(try storage.readChunks(5, 10, count: 1) == small)
        // Of a group without a snapshot too; another group's stay.
        try storage.putSnapshot(manifest(large, at: 30))
        #expect(try storage.dropChunks(4) == 1)
        #expect(try storage.dropChunks(5) == 1)
        #expect(try storage.readChunks(5, 30, count: 40) == large)
        let commits = storage.stats.commits
        try storage.dropChunks(5)
        #expect(storage.stats.commits == commits, "nothing to delete costs no flush")
    }

    @Test func `is swept once there is a newer one, in steps`() throws {
        let storage = try Storage(options)
        let large = bytes(40 * Int(MP_LMDB_CHUNK_SIZE))
        try put(large, at: 10, in: storage)
        try storage.putSnapshot(manifest(large, at: 10))
        try put(bytes(1000), at: 20, in: storage)
        #expect(try storage.sweepOnce(5) == false, "chunks of one that is being made are kept")
        try storage.putSnapshot(manifest(bytes(1000), at: 20))
        #expect(try storage.sweepOnce(5) == true)
        var steps = 1
        while try storage.sweepOnce(5) { steps += 1 }
        #expect(steps == 1, "40 chunks need two steps")
        #expect(try storage.snapshot(5)?.point.index == 20)
        #expect(try storage.readChunks(5, 20, count: 1) == bytes(1000))
        let commits = storage.stats.commits
        #expect(try storage.sweepOnce(5) == false)
        #expect(storage.stats.commits == commits, "nothing to delete costs no flush")
    }

    @Test func `is named where a chunk or the record of it is damaged`() throws {
        let whole = bytes(1_000_000)
        do {
            let storage = try Storage(options)
            try put(whole, at: 40, in: storage)
            try storage.putSnapshot(manifest(whole, at: 40))
        }
        let file = try DataFile(options)
        let chunk = Array(whole[600_000..<600_032])
        try file.with(chunk.map(~), at: file.offsets(of: chunk)) {
            let storage = try Storage(options)
            let failure = #expect(throws: Failure.self) {
                _ = try storage.readChunks(5, 40, count: 4)
            }
            #expect(failure?.status == MP_CORRUPT)
            #expect(failure?.text.contains("group 5: the snapshot at index 40") == true)
            let first = try storage.readChunks(5, 40, count: 2)
            #expect(first.count == 2 * Int(MP_LMDB_CHUNK_SIZE))
        }
        let record = [3, 0, 0, 0, 0, 0, 0x30, 0] + littleEndian(5) + littleEndian(40)
        try file.with(record.map(~), at: file.offsets(of: record)) {
            let storage = try Storage(options)
            #expect(status { _ = try storage.snapshot(5) } == MP_CORRUPT)
        }
    }
}

extension `A stored snapshot` {
    /// Flips a byte at each of the places, and runs `body` with the directory open each time.
    private func flipping(
        _ offset: Int, _ places: some Sequence<Int>, _ file: DataFile,
        _ body: (Storage, Int) throws -> Void
    ) throws {
        for place in places {
            let byte = file.bytes(at: offset + place, 1)[0]
            try file.with([byte ^ 0x11], at: [offset + place]) {
                try body(try Storage(options), place)
            }
        }
    }

    /// A log of one batch with a snapshot of two chunks, and where its parts lie in the file.
    private func storeOne() throws -> (whole: [UInt8], record: Int, chunks: [Int], DataFile) {
        let whole = bytes(300_000)
        do {
            let storage = try Storage(options)
            var log = Log(5)
            try storage.commit([log.append([[1]])])
            try storage.commit([log.commit(1)])
            try put(whole, at: 1, in: storage)
            try storage.putSnapshot(manifest(whole, at: 1))
        }
        let file = try DataFile(options)
        let key = littleEndian(5) + littleEndian(1)
        let ballot = littleEndian(3)
        let record = try file.offsets(of: [3, 0, 0, 0, 0, 0, 0x30, 0] + key + ballot)[0]
        let chunks = try [0, 1].map { number in
            let start = number * Int(MP_LMDB_CHUNK_SIZE)
            let head = [3, 0, 0, 0, UInt8(number), 0, 0, 0] + key
            return try file.offsets(of: head + whole[start..<start + 8])[0]
        }
        return (whole, record, chunks, file)
    }

    private func scrubOnce(_ storage: Storage) throws -> [Damage] {
        var place = mp_lmdb_place()
        var damages: [Damage] = []
        repeat { _ = try storage.scrub(&place, bytes: 1 << 16, &damages) } while place.group != 0
        return damages
    }

    @Test func `is found to be damaged whichever byte is`() throws {
        let (_, record, chunks, file) = try storeOne()
        do {
            let storage = try Storage(options)
            #expect(try storage.verify(nil).isEmpty && scrubOnce(storage).isEmpty)
        }
        let size = 24 + Int(MP_LMDB_CHUNK_SIZE) + 8
        let inside = Array(0..<24) + stride(from: 24, to: size - 8, by: 9973)
        let parts = [
            (record, Array(0..<104)), (chunks[0], inside + Array(size - 8..<size)),
            (chunks[1], Array(0..<24)),
        ]
        for (offset, places) in parts {
            try flipping(offset, places, file) { storage, place in
                let found = try storage.verify(nil)
                #expect(found.map(\.what.snapshot) == [1], "byte \(place) of \(offset)")
                #expect(found.allSatisfy { $0.text.contains("group 5: the snapshot at index 1") })
                #expect(try scrubOnce(storage).map(\.what.snapshot) == [1])
            }
        }
    }

    @Test func `is had again from a copy that has it, and from no other`() throws {
        let (whole, record, chunks, file) = try storeOne()
        var copy = options
        copy.path = directory.path("copy")
        try FileManager.default.copyItem(atPath: options.path, toPath: copy.path)
        for offset in [record, chunks[0], chunks[1]] {
            try flipping(offset, [30], file) { storage, _ in
                let source = try Storage(copy)
                let (repaired, damages) = try storage.restore(from: source)
                #expect(repaired == 1 && damages.isEmpty)
                #expect(try storage.readChunks(5, 1, count: 2) == whole)
                #expect(try storage.verify(nil).isEmpty)
            }
        }
        // The copy is damaged in another place: nothing of it is taken.
        let other = try DataFile(copy)
        try other.with([whole[7] ^ 1], at: [chunks[0] + 24 + 7]) {
            try flipping(chunks[1], [30], file) { storage, _ in
                let (repaired, damages) = try storage.restore(from: Storage(copy))
                #expect(repaired == 0 && damages.map(\.what.snapshot) == [1])
            }
        }
    }
}

@Suite struct `A trimmed log` {
    let directory: TemporaryDirectory
    let options: Options

    init() throws {
        directory = try TemporaryDirectory()
        options = Options(path: directory.path("data"))
        try options.format()
    }

    @Test func `begins after its trim point, swept or not`() throws {
        var log = Log(5)
        var other = Log(6)
        do {
            let storage = try Storage(options)
            for number in 0..<600 {
                try storage.commit([log.append([[UInt8(number % 250)]]), other.append([[1]])])
            }
            try storage.commit([log.commit(590)])
            try storage.commit([log.trim(580)])
        }
        do {
            let storage = try Storage(options)
            #expect(try expectIntact(log, in: storage, storage.load()))
            let failure = #expect(throws: Failure.self) { _ = try storage.read(5, from: 580) }
            #expect(failure?.status == MP_TRIMMED)
            #expect(try storage.verify(nil).isEmpty)
            // Cut off in the middle, as by a crash.
            #expect(try storage.sweepOnce(5))
            #expect(try storage.verify(5).isEmpty && storage.verify(nil).isEmpty)
        }
        let storage = try Storage(options)
        #expect(try expectIntact(log, in: storage, storage.load()))
        while try storage.sweepOnce(5) {}
        #expect(try expectIntact(log, in: storage, storage.load()))
        #expect(try expectIntact(other, in: storage, storage.load()))
        #expect(try storage.verify(5).isEmpty && storage.verify(nil).isEmpty)
        #expect(try storage.mend(5).damages.isEmpty)
        var place = mp_lmdb_place()
        var damages: [Damage] = []
        repeat { _ = try storage.scrub(&place, bytes: 1 << 10, &damages) } while place.group != 0
        #expect(damages.isEmpty)
        try storage.commit([log.append([[9]])])
        #expect(try expectIntact(log, in: storage, storage.load()))
    }

    @Test func `may be empty, and goes on after its trim point`() throws {
        var log = Log(5)
        do {
            let storage = try Storage(options)
            for _ in 0..<5 { try storage.commit([log.append([[1], [2]])]) }
            try storage.commit([log.commit(5)])
            try storage.commit([log.trim(5)])
            while try storage.sweepOnce(5) {}
            #expect(try expectIntact(log, in: storage, storage.load()))
        }
        let storage = try Storage(options)
        #expect(try expectIntact(log, in: storage, storage.load()))
        #expect(try storage.load()[5]?.hard.tip.index == 10)
        try storage.commit([log.append([[3]])])
        #expect(try expectIntact(log, in: storage, storage.load()))
    }

    @Test func `is lost where it is not committed as far as it is trimmed`() throws {
        var log = Log(5)
        let storage = try Storage(options)
        for _ in 0..<5 { try storage.commit([log.append([[1]])]) }
        try storage.commit([log.commit(4)])
        var write = log.trim(4)
        write.write.hard.trimmed.checksum ^= 1
        try storage.commit([write])
        let group = try #require(try storage.load()[5])
        #expect(group.health == MP_LMDB_LOST)
        #expect(group.text.contains("trimmed"))
    }

    /// The same amount of log is written and trimmed again and again.
    @Test func `takes no more space the longer it is written and trimmed`() throws {
        var log = Log(5)
        let storage = try Storage(options)
        let payload = [UInt8](repeating: 5, count: 60_000)
        var used: [UInt64] = []
        for round in 0..<12 {
            for _ in 0..<100 {
                var writes: [Write] = []
                for _ in 0..<2 { writes.append(log.append([payload])) }
                try storage.commit(writes)
            }
            try storage.commit([log.commit(log.batches.count)])
            if round > 0 { try storage.commit([log.trim(200)]) }
            while try storage.sweepOnce(5) {}
            used.append(storage.stats.bytes_used)
        }
        let early = used[3]
        #expect(used[11] < early + early / 4, "\(used)")
        #expect(try expectIntact(log, in: storage, storage.load()))
    }
}
