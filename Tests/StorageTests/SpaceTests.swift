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
            do throws(Failure) { try storage.commit([write]) } catch {
                #expect(error.status == MP_FULL, "\(error)")
                log = before
                return error.text
            }
        }
        Issue.record("60 MB went into a few")
        return ""
    }

    /// A full storage keeps all it has and takes promises.
    private func expectFullButAlive(_ storage: Storage, _ log: inout Log) throws {
        let before = storage.stats
        for _ in 0..<300 { try storage.commit([log.promise(log.hard.promised.round + 1)]) }
        try storage.putPeer(
            mp_lmdb_peer(node: 2, incarnation: 3, sequence: 4, lost: false, generation: 0))
        #expect(storage.stats.sequence == before.sequence + 300)
        #expect(storage.stats.bytes_used <= before.bytes_used + 200_000)
        #expect(try expectIntact(log, in: storage, storage.load()))
        var attempt = log
        let write = attempt.append([payload])
        #expect(throws: Failure.self) { try storage.commit([write]) }
    }

    @Test func `is allocated ahead of it, on the disk`() throws {
        try options.format()
        let storage = try Storage(options)
        var log = Log(5)
        for _ in 0..<100 {
            try storage.commit([log.append([payload])])
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
        try storage.commit([log.append([payload])])
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
            #expect(try fill(storage, &log).hasPrefix("The disk of \(onDisk.path) is full;"))
            #expect(log.frames.count > 50)
            try expectFullButAlive(storage, &log)
        }
        do {
            let storage = try Storage(onDisk)
            #expect(try expectIntact(log, in: storage, storage.load()))
            try expectFullButAlive(storage, &log)
            try FileManager.default.removeItem(at: ballast)
            try storage.commit([log.append([payload])])
            _ = try fill(storage, &log)
            #expect(log.frames.count > 150)
        }
        let storage = try Storage(onDisk)
        #expect(try expectIntact(log, in: storage, storage.load()))
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
