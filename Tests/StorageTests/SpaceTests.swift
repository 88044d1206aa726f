import CMultiPaxos
import CMultiPaxosLMDB
import Foundation
import TestSupport
import Testing

@Suite struct `Space for the data` {
    let directory: TemporaryDirectory
    var options: Options
    let payload = [UInt8](repeating: 5, count: 60_000)

    init() throws {
        directory = try TemporaryDirectory()
        options = Options(path: directory.path("data"))
    }

    /// Appends until storage is full, and returns the sentence.
    private func fill(_ storage: Storage, _ log: inout Log) throws -> String {
        for _ in 0..<1000 {
            let before = log
            let write = log.append([payload])
            do throws(Failure) { try storage.take(write) } catch {
                #expect(error.status == MP_FULL, "\(error)")
                log = before
                return error.text
            }
        }
        Issue.record("60 MB went into a few")
        return ""
    }

    /// A full storage keeps all it has and takes promises, and no batch.
    private func expectFullButAlive(_ storage: Storage, _ log: inout Log) throws {
        try expectAlive(storage, &log)
        var attempt = log
        let write = attempt.append([payload])
        #expect(throws: Failure.self) { try storage.take(write) }
    }

    private func expectAlive(_ storage: Storage, _ log: inout Log) throws {
        let before = storage.stats
        for _ in 0..<300 { try storage.commit([log.promise(log.hard.promised.round + 1)]) }
        try storage.putPeer(
            mp_lmdb_peer(node: 2, incarnation: 3, sequence: 4, lost: false, generation: 0))
        #expect(storage.stats.sequence == before.sequence + 300)
        #expect(storage.stats.bytes_used <= before.bytes_used + 200_000)
        #expect(try expectIntact(log, in: storage, storage.load()))
    }

    @Test func `is allocated ahead of it, on the disk`() throws {
        try options.format()
        let storage = try Storage(options)
        var log = Log(5)
        for _ in 0..<100 {
            try storage.take(log.append([payload]))
            let stats = storage.stats
            #expect(stats.bytes_allocated >= stats.bytes_used + options.reserve)
        }
        var info = stat()
        #expect(stat(options.path + "/data.mdb", &info) == 0)
        #expect(UInt64(info.st_size) == storage.stats.bytes_allocated)
        #expect(UInt64(info.st_blocks) * 512 >= storage.stats.bytes_allocated)
    }

    /// A writer that overtakes the filling, waits for it, and overtakes it again.
    @Test func `is never filled over what was written`() async throws {
        var large = options
        large.reserve = 0
        try large.format()
        var log = Log(5)
        var random = SeededGenerator(seed: 1)
        do {
            let storage = try Storage(large)
            for i in 0..<60 {
                let size = i % 3 == 0 ? 1_000_000 : 100_000
                try storage.commit([log.append([random.bytes(size)])])
                if i % 20 == 19 { try await Task.sleep(for: .milliseconds(30)) }
            }
            #expect(try storage.read(5) == log.frames)
        }
        let storage = try Storage(large)
        #expect(try expectIntact(log, in: storage, storage.load()))
    }

    @Test func `ends with the map, but not for promises`() throws {
        var small = options
        small.map = 6 << 20
        try small.format()
        var log = Log(5)
        do {
            let storage = try Storage(small)
            #expect(try fill(storage, &log).hasPrefix("The map of "))
            #expect(log.frames.count > 50)
            try expectFullButAlive(storage, &log)
        }
        // Room comes with a larger map, or from the log itself.
        do {
            let storage = try Storage(small)
            try storage.commit([log.truncate(from: 10)])
            try storage.commit([log.promise(1000)])
            #expect(try expectIntact(log, in: storage, storage.load()))
        }
        small.map = 0
        let storage = try Storage(small)
        try storage.take(log.append([payload]))
        #expect(try expectIntact(log, in: storage, storage.load()))
    }

    @Test(.enabled(if: Mount.isPermitted, "mounting needs privileges this process does not have"))
    func `on a full disk is missed before a commit, which loses nothing`() throws {
        let disk = directory.path("disk")
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        let mount = try Mount(memory: disk, bytes: 16 << 20)
        defer { withExtendedLifetime(mount) {} }
        let onDisk = Options(path: disk + "/data")
        try onDisk.format()
        let ballast = URL(filePath: disk + "/ballast")
        try Data(count: 6 << 20).write(to: ballast)

        var log = Log(5)
        do {
            let storage = try Storage(onDisk)
            #expect(try fill(storage, &log).hasPrefix("The disk of \(onDisk.path) is full."))
            #expect(log.frames.count > 50)
            try expectFullButAlive(storage, &log)
        }
        do {
            let storage = try Storage(onDisk)
            #expect(try expectIntact(log, in: storage, storage.load()))
            try expectFullButAlive(storage, &log)
            try FileManager.default.removeItem(at: ballast)
            try storage.take(log.append([payload]))
            _ = try fill(storage, &log)
            #expect(log.frames.count > 150)
        }
        let storage = try Storage(onDisk)
        #expect(try expectIntact(log, in: storage, storage.load()))
    }

    /// What was taken in before the disk was full becomes durable, as do the promises behind it.
    @Test func `is kept for batches taken in already, and more for promises`() throws {
        var small = options
        small.map = 6 << 20
        try small.format()
        var log = Log(5)
        let storage = try Storage(small)
        _ = try fill(storage, &log)
        let full = log.frames.count
        let taken = Int(small.reserve) / 2 / payload.count - 4
        for _ in 0..<taken { try storage.commit([log.append([payload])]) }
        #expect(log.frames.count == full + taken)
        #expect(throws: Failure.self) { for _ in 0..<8 { try commitOne(storage, &log) } }
        try expectFullButAlive(storage, &log)
    }

    private func commitOne(_ storage: Storage, _ log: inout Log) throws {
        var longer = log
        try storage.commit([longer.append([payload])])
        log = longer
    }

    /// A snapshot of all that is there.
    private func putSnapshot(_ storage: Storage, _ log: inout Log, size: Int) throws {
        try storage.commit([log.commit(log.batches.count)])
        let point = log.hard.commit
        try storage.putChunks(5, point.index, first: 0, [UInt8](repeating: 7, count: size))
        try storage.putSnapshot(
            mp_lmdb_snapshot(
                group: 5, point: point, ballot: point.ballot, voters: 0, admissions: 0,
                digest: 0, size: UInt64(size), checksum: 0))
    }

    /// Deletes what the snapshot stands for, in steps.
    private func trim(_ storage: Storage, _ log: inout Log, _ count: Int) throws {
        try storage.commit([log.trim(count)])
        while try storage.sweepOnce(5) {}
        // Pages are used again one transaction after the one that freed them.
        for _ in 0..<2 { try storage.commit([log.promise(log.hard.promised.round + 1)]) }
    }

    /// Fills it, makes room by a snapshot and by trimming, and so on, without a restart or a larger
    /// disk.
    private func fillAndTrim(_ storage: Storage) throws {
        var log = Log(5)
        for _ in 0..<200 { try storage.take(log.append([payload])) }
        for _ in 0..<5 {
            _ = try fill(storage, &log)
            // All that may be on its way when the disk is found full, and more.
            #expect(throws: Failure.self) { while true { try commitOne(storage, &log) } }
            // Those may free what makes room for a batch more.
            try expectAlive(storage, &log)
            let count = log.frames.count
            try putSnapshot(storage, &log, size: 1 << 20)
            try trim(storage, &log, count)
            let kept = log.frames.count
            for _ in 0..<20 { try storage.take(log.append([payload])) }
            #expect(log.frames.count == kept + 20)
        }
        #expect(try expectIntact(log, in: storage, storage.load()))
    }

    /// So that a log can be trimmed at all, on a disk that nobody makes larger.
    @Test func `is kept for a snapshot, though batches had all of their part`() throws {
        var small = options
        small.map = 64 << 20
        small.reserve = 24 << 20
        try small.format()
        let storage = try Storage(small)
        var log = Log(5)
        _ = try fill(storage, &log)
        #expect(throws: Failure.self) { while true { try commitOne(storage, &log) } }
        let point = log.hard.tip.index
        let chunk = [UInt8](repeating: 7, count: Int(MP_LMDB_CHUNK_SIZE))
        // An eighth of the reserve holds 12 of them without what they need besides.
        for number in 0..<8 { try storage.putChunks(5, point, first: UInt64(number), chunk) }
        let failure = #expect(throws: Failure.self) {
            for number in 8..<64 { try storage.putChunks(5, point, first: UInt64(number), chunk) }
        }
        #expect(failure?.status == MP_FULL)
        try expectFullButAlive(storage, &log)
    }

    @Test func `is there again once a log is trimmed, though the map does not grow`() throws {
        var small = options
        small.map = 64 << 20
        small.reserve = 24 << 20
        try small.format()
        try fillAndTrim(Storage(small))
    }

    @Test(.enabled(if: Mount.isPermitted, "mounting needs privileges this process does not have"))
    func `is there again once a log is trimmed, though the disk stays full`() throws {
        let disk = directory.path("disk")
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        let mount = try Mount(memory: disk, bytes: 64 << 20)
        defer { withExtendedLifetime(mount) {} }
        var onDisk = Options(path: disk + "/data")
        onDisk.reserve = 24 << 20
        try onDisk.format()
        try fillAndTrim(Storage(onDisk))
    }

    @Test(.enabled(if: Mount.isPermitted, "mounting needs privileges this process does not have"))
    func `that does not suffice for a format leaves nothing that votes`() throws {
        let disk = directory.path("disk")
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        let mount = try Mount(memory: disk, bytes: 64 << 10)
        defer { withExtendedLifetime(mount) {} }
        let onDisk = Options(path: disk + "/data")
        let ballast = URL(filePath: disk + "/ballast")
        try Data(count: 48 << 10).write(to: ballast)
        let failure = #expect(throws: Failure.self) { try onDisk.format() }
        #expect(failure?.status == MP_FULL, "\(String(describing: failure))")
        let refused = #expect(throws: Failure.self) { try Storage(onDisk) }
        #expect(refused?.status == MP_FOREIGN)
        try FileManager.default.removeItem(at: ballast)
        try onDisk.format()
        _ = try Storage(onDisk)
    }
}
