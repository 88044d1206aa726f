import CMultiPaxos
import CMultiPaxosLMDB
import Foundation
import TestSupport
import Testing

@Suite struct `A stored log` {
    let directory: TemporaryDirectory
    let options: Options

    init() throws {
        directory = try TemporaryDirectory()
        options = Options(path: directory.path("data"))
        try options.format()
    }

    @Test func `comes back after a restart as it was written`() throws {
        var logs = [Log(3), Log(7), Log(UInt64.max)]
        do {
            let storage = try Storage(options)
            for round in 1...20 {
                for i in logs.indices {
                    let entries = (0...round % 3).map { [UInt8](repeating: UInt8($0), count: 9) }
                    try storage.commit([logs[i].append(entries)])
                }
            }
            try storage.commit([logs[0].commit(5), logs[1].commit(20), logs[2].promise(9, 2)])
        }
        let storage = try Storage(options)
        let loaded = try storage.load()
        #expect(loaded.count == 3)
        for log in logs { #expect(expectIntact(log, in: storage, loaded)) }
        #expect(loaded[7]?.suffix.isEmpty == true)
        #expect(loaded[3]?.suffix.count == 15)
    }

    @Test func `of an empty directory has no groups`() throws {
        let storage = try Storage(options)
        #expect(try storage.load().isEmpty)
        #expect(try storage.read(1).isEmpty)
    }

    @Test func `keeps a promise that came without a batch`() throws {
        var log = Log(5)
        do { try Storage(options).commit([log.promise(4, 2)]) }
        let storage = try Storage(options)
        #expect(try expectIntact(log, in: storage, storage.load()))
    }

    /// Whether the record is the longer one or not, and back again.
    @Test func `keeps the directories that it names`() throws {
        var log = Log(5)
        for (admissions, born) in [(0, 0), (1 << 20, 0), (1 << 20, 3 << 10), (0, 7), (2, 0)] {
            let storage = try Storage(options)
            try storage.commit([log.admit(UInt32(admissions), born: UInt32(born))])
            try storage.commit([log.append([[1, 2, 3]])])
            #expect(expectIntact(log, in: storage, try storage.load()))
        }
        let loaded = try Storage(options).load()
        #expect(loaded[5]?.hard.admissions == 2 && loaded[5]?.hard.born == 0)
    }

    @Test func `takes several writes of one group in one commit, the last hard state wins`() throws
    {
        var log = Log(5)
        let storage = try Storage(options)
        try storage.commit([
            log.append([[1]]), log.append([[2], [3]]), log.promise(8), log.append([[4]]),
        ])
        #expect(storage.stats.commits == 1)
        #expect(storage.stats.batches == 3)
        #expect(try expectIntact(log, in: storage, storage.load()))
        #expect(try storage.load()[5]?.hard.promised.round == 8)
    }

    @Test func `is cut from the first index of a truncation on`() throws {
        var log = Log(5)
        var other = Log(6)
        let storage = try Storage(options)
        for i in 0..<10 { try storage.commit([log.append([[UInt8(i)]]), other.append([[1]])]) }
        try storage.commit([log.commit(2)])
        try storage.commit([log.promise(2), log.replace(from: 4, with: [[77], [78]])])
        #expect(log.hard.tip.index == 5)
        #expect(try expectIntact(log, in: storage, storage.load()))
        try storage.commit([log.truncate(from: 4)])
        #expect(try expectIntact(log, in: storage, storage.load()))
        #expect(try expectIntact(other, in: storage, storage.load()))
    }

    @Test func `may be replaced from its first entry on within one commit`() throws {
        var log = Log(5)
        let storage = try Storage(options)
        try storage.commit([
            log.append([[1]]), log.append([[2]]), log.promise(3), log.replace(from: 1, with: [[9]]),
        ])
        #expect(log.frames.count == 1)
        #expect(try expectIntact(log, in: storage, storage.load()))
    }

    @Test func `gives a truncated batch's pages back`() throws {
        var log = Log(5)
        let storage = try Storage(options)
        let payload = [UInt8](repeating: 1, count: 60_000)
        _ = try storage.commit([log.append([payload])])
        for round in 2...40 {
            try storage.commit([log.promise(UInt64(round)), log.replace(from: 1, with: [payload])])
        }
        #expect(storage.stats.bytes_used < 600_000)
    }

    @Test func `takes batches up to the largest size`() throws {
        var log = Log(5)
        let storage = try Storage(options)
        let largest = [UInt8](repeating: 7, count: Int(MP_ENTRY_SIZE_MAX))
        try storage.commit([log.append([largest]), log.append([[1]]), log.append([largest])])
        #expect(try expectIntact(log, in: storage, storage.load()))
    }

    @Test func `counts each write in the storage sequence`() throws {
        var log = Log(5)
        do {
            let storage = try Storage(options)
            #expect(storage.identity.sequence == 0)
            try storage.commit([log.append([[1]]), log.promise(2)])
            try storage.commit([log.append([[1]])])
            try storage.commit([])
            #expect(storage.stats.sequence == 3)
            #expect(storage.stats.commits == 2)
        }
        #expect(try Storage(options).identity.sequence == 3)
    }

    @Test func `uses no flag that trades durability`() throws {
        let noThreadLocalStorage: UInt32 = 0x200000
        #expect(try Storage(options).flags == noThreadLocalStorage)
    }

    @Test func `refuses a write whose frame is not named`() async {
        await #expect(processExitsWith: .signal(SIGABRT)) { [path = options.path as String] in
            let storage = try Storage(Options(path: path))
            var log = Log(5)
            var write = log.append([[1]])
            write.frame = nil
            try storage.commit([write])
        }
    }
}

@Suite struct `Reading a stored log` {
    let directory: TemporaryDirectory
    let storage: Storage
    var log = Log(5)

    init() throws {
        directory = try TemporaryDirectory()
        let options = Options(path: directory.path("data"))
        try options.format()
        storage = try Storage(options)
        var before = Log(4)
        var after = Log(6)
        for i in 0..<10 {
            let entries = [[UInt8(i)], [UInt8(i)], [UInt8(i)]]
            try storage.commit([before.append([[1]]), log.append(entries), after.append([[2]])])
        }
    }

    @Test(arguments: [1, 2, 3, 4, 15, 28, 29, 30] as [UInt64])
    func `begins with the batch that holds the first index`(from: UInt64) throws {
        let expected = log.batches.filter { $0.identity.last >= from }.map(\.frame)
        #expect(try storage.read(5, from: from) == expected)
    }

    @Test(arguments: [1, 2, 3, 4, 15, 28, 29, 30, 31] as [UInt64])
    func `ends with the last batch that is within the bound`(through: UInt64) throws {
        let expected = log.batches.filter { $0.identity.last <= through }.map(\.frame)
        #expect(try storage.read(5, through: through) == expected)
    }

    @Test func `behind the tip, before the bound or in an unknown group gives nothing`() throws {
        #expect(try storage.read(5, from: 31).isEmpty)
        #expect(try storage.read(5, from: 9, through: 8).isEmpty)
        #expect(try storage.read(99).isEmpty)
    }

    @Test func `stops when told to`() throws {
        #expect(try storage.read(5, limit: 4) == Array(log.frames.prefix(4)))
    }
}
