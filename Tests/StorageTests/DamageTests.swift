import CMultiPaxos
import CMultiPaxosLMDB
import Foundation
import TestSupport
import Testing

/// Two groups; of the damaged one two batches are committed and three are not.
@Suite struct `Damage to the data file` {
    let directory: TemporaryDirectory
    let options: Options
    var log = Log(7)
    var other = Log(0x4000_0000_0000)
    let file: DataFile

    init() throws {
        directory = try TemporaryDirectory()
        options = Options(path: directory.path("data"))
        try options.format()
        try options.grow(&log, &other, by: 5, committing: 2) { $0 == 4 ? 20_000 : 40 }
        do {
            let storage = try Storage(options)
            try storage.commit([log.promise(0x77), other.promise(0x78)])
            try storage.putPeer(
                mp_lmdb_peer(node: 2, incarnation: 3, sequence: 4, lost: false, generation: 0))
        }
        file = try DataFile(options)
    }

    private func identityRecord(_ position: Int) throws -> Record {
        let identity = log.batches[position].identity
        var prefix: [UInt8] = [3, 0, 0, 0, UInt8(identity.count), 0, 0, 0]
        for value in [log.group, identity.first, identity.last] { prefix += littleEndian(value) }
        return try Record(.identity, prefix, size: 96, in: file)
    }

    private func hardRecord() throws -> Record {
        var prefix: [UInt8] = [3, 0, 0, 0, 0, 0, 0, 0] + littleEndian(log.group)
        let hard = log.hard
        for value in [hard.promised.round, hard.promised.node] { prefix += littleEndian(value) }
        for point in [hard.tip, hard.commit, hard.trimmed] {
            prefix += littleEndian(point.index)
            prefix += littleEndian(point.ballot.round) + littleEndian(point.ballot.node)
            prefix += littleEndian(point.checksum)
        }
        return try Record(.hard, prefix, size: 152, in: file)
    }

    private func ownRecord() throws -> Record {
        let incarnation = try Storage(options).identity.incarnation
        let prefix = [3, 0, 0, 0, 0, 0, 0, 0] + littleEndian(1) + littleEndian(incarnation)
        return try Record(.own, prefix, size: 96, in: file)
    }

    /// Opens, loads, and returns the damaged group; the other one must not have suffered.
    private func loadDamaged(otherIsIntact: Bool = true) throws -> LoadedGroup? {
        let storage = try Storage(options)
        let loaded = try storage.load()
        if otherIsIntact { #expect(expectIntact(other, in: storage, loaded)) }
        return loaded[log.group]
    }

    @Test func `is not there to begin with`() throws {
        let storage = try Storage(options)
        #expect(try expectIntact(log, in: storage, storage.load()))
        #expect(try expectIntact(other, in: storage, storage.load()))
    }

    @Test func `in any byte of an uncommitted batch is found at load, with its name`() throws {
        let batch = log.batches[2]
        let offsets = try file.offsets(of: batch.frame)
        for i in batch.frame.indices {
            let flipped = [batch.frame[i] ^ 0x10]
            let group = try file.with(flipped, at: offsets.map { $0 + i }) { try loadDamaged() }
            #expect(group?.health == MP_LMDB_DAMAGED, "byte \(i)")
            #expect(group?.suffix.count == 3, "the identities are whole")
            #expect(
                group?.text.contains("group 7: the batch at index 5, ballot 1.1,") == true,
                "byte \(i): \(group?.text ?? "")")
        }
    }

    @Test func `in a batch of several pages is found at load, with its name`() throws {
        let batch = log.batches[4]
        let offsets = try file.offsets(of: batch.frame)
        for i in stride(from: 0, to: batch.frame.count, by: 611) {
            let flipped = [batch.frame[i] ^ 0x01]
            let group = try file.with(flipped, at: offsets.map { $0 + i }) { try loadDamaged() }
            #expect(group?.health == MP_LMDB_DAMAGED, "byte \(i)")
            #expect(group?.text.contains("batch at index 9, ballot 1.1,") == true)
        }
    }

    @Test func `in a committed batch is found when it is read`() throws {
        let batch = log.batches[0]
        let offsets = try file.offsets(of: batch.frame)
        for i in batch.frame.indices {
            let flipped = [batch.frame[i] ^ 0x80]
            try file.with(flipped, at: offsets.map { $0 + i }) {
                let storage = try Storage(options)
                #expect(try storage.load()[7]?.health == MP_LMDB_WHOLE)
                let failure = #expect(throws: Failure.self) { try storage.read(7) }
                #expect(failure?.status == MP_CORRUPT)
                let text = failure?.text ?? ""
                #expect(text.contains("group 7: the batch at index 1, ballot 1.1,"))
                #expect(try storage.read(7, from: 3) == Array(log.frames[1...]))
            }
        }
    }

    @Test func `in any byte of an identity, or of its key, is mended from the frame`() throws {
        let record = try identityRecord(3)
        for i in -16..<record.bytes.count {
            let flipped = [file.content[record.offsets[0] + i] ^ 0x10]
            try file.with(flipped, at: record.offsets.map { $0 + i }) {
                let storage = try Storage(options)
                let loaded = try storage.load()
                #expect(expectIntact(log, in: storage, loaded), "byte \(i)")
                #expect(expectIntact(other, in: storage, loaded), "byte \(i)")
                #expect(loaded.count == 2, "byte \(i)")
                let text = loaded[log.group]?.text ?? ""
                let name = i < 0 ? "group 7: the log at index " : "group 7: the log at index 7, "
                #expect(text.contains(name), "byte \(i): \(text)")
                #expect(try storage.verify(nil).isEmpty, "byte \(i)")
                #expect(try storage.load()[log.group]?.text == "", "byte \(i)")
            }
        }
    }

    @Test func `in an identity and its frame loses the group until a peer has the batch`() throws {
        let record = try identityRecord(3)
        let frame = try file.offsets(of: log.batches[3].frame)
        try file.with([0xFF, 0xFF], at: record.offsets.map { $0 + 40 } + frame.map { $0 + 70 }) {
            let group = try loadDamaged()
            #expect(group?.health == MP_LMDB_LOST)
            #expect(group?.text.contains("group 7: the log at index 7, ballot 1.1,") == true)
            #expect(group?.suffix.isEmpty == true)
            let storage = try Storage(options)
            let mended = try storage.mend(7)
            let identity = log.batches[3].identity
            #expect(mended.damages.map(\.what.last) == [identity.last])
            #expect(mended.damages.map(\.what.checksum) == [identity.checksum])
            try storage.repair(log.batches[3].frame)
            #expect(try expectIntact(log, in: storage, storage.load()))
        }
    }

    /// The one names the other only when it is there again.
    @Test func `in two identities and their frames is mended one after the other`() throws {
        var offsets: [Int] = []
        for position in [1, 3] {
            offsets += try identityRecord(position).offsets.map { $0 + 40 }
            offsets += try file.offsets(of: log.batches[position].frame).map { $0 + 70 }
        }
        try file.with([0xFF, 0xFF], at: offsets) {
            #expect(try loadDamaged()?.health == MP_LMDB_LOST)
            let storage = try Storage(options)
            for position in [3, 1] {
                let wanted = try storage.mend(7).damages
                #expect(wanted.map(\.what.last) == [log.batches[position].identity.last])
                #expect(try storage.load()[7]?.health == MP_LMDB_LOST)
                try storage.repair(log.batches[position].frame)
            }
            #expect(try expectIntact(log, in: storage, storage.load()))
        }
    }

    /// Where the two copies of the hard state are, of all places where pages had them once.
    private func hardCopies() throws -> [Int] {
        let record = try hardRecord()
        return try record.offsets.filter { offset in
            try file.with([record.bytes[20] ^ 1], at: [offset + 20]) {
                try loadDamaged()?.text.contains("one of two copies") == true
            }
        }
    }

    @Test func `in any byte of one copy of a hard state, or of its key, is mended`() throws {
        let copies = try hardCopies()
        #expect(copies.count == 2)
        for copy in copies {
            for i in -8..<120 {
                try file.with([file.content[copy + i] ^ 0x10], at: [copy + i]) {
                    let storage = try Storage(options)
                    let loaded = try storage.load()
                    #expect(expectIntact(log, in: storage, loaded), "byte \(i)")
                    #expect(expectIntact(other, in: storage, loaded), "byte \(i)")
                    #expect(loaded.count == 2, "byte \(i)")
                    #expect(loaded[7]?.text.contains("one of two copies of its hard") == true)
                    #expect(try storage.load()[7]?.text == "", "byte \(i)")
                }
            }
        }
    }

    @Test func `in the same byte of both copies of a hard state loses the group`() throws {
        let record = try hardRecord()
        for i in record.bytes.indices {
            let flipped = [record.bytes[i] ^ 0x10]
            try file.with(flipped, at: record.offsets.map { $0 + i }) {
                let group = try loadDamaged()
                #expect(group?.health == MP_LMDB_LOST, "byte \(i)")
                #expect(group?.text.contains("group 7: its hard state is damaged in both") == true)
                #expect(group.map { bytes($0.hard) } == bytes(mp_hard_state()))
                // And again: what is left of it stays, so that it never is a new group.
                #expect(try loadDamaged()?.health == MP_LMDB_LOST)
            }
        }
    }

    @Test func `in the keys of both copies of a hard state is mended`() throws {
        let record = try hardRecord()
        try file.with([0x55], at: record.offsets.map { $0 - 1 }) {
            let storage = try Storage(options)
            #expect(try expectIntact(log, in: storage, storage.load()))
            #expect(try expectIntact(other, in: storage, storage.load()))
        }
    }

    @Test func `in any byte of the node's own records is refused`() throws {
        let own = try ownRecord()
        let counter = try Record(
            .counter, [3, 0, 0, 0, 0, 0, 0, 0] + littleEndian(13), size: 24, in: file)
        let peer = try Record(
            .peer, [3, 0, 0, 0, 0, 0, 0, 0] + littleEndian(2) + littleEndian(3), size: 48, in: file)
        for record in [own, counter, peer] {
            for i in record.bytes.indices {
                let flipped = [record.bytes[i] ^ 0x10]
                try file.with(flipped, at: record.offsets.map { $0 + i }) {
                    let failure = #expect(throws: Failure.self) { try Storage(options) }
                    #expect(failure?.status == MP_CORRUPT, "\(record.kind) byte \(i)")
                    #expect(failure?.text.contains(" is damaged") == true)
                }
            }
        }
    }

    @Test func `is told from a newer format`() throws {
        var own = try ownRecord()
        own.bytes[0] = 4
        own.seal()
        try file.with(own.bytes, at: own.offsets) {
            let failure = #expect(throws: Failure.self) { try Storage(options) }
            #expect(failure?.status == MP_FOREIGN)
            #expect(failure?.text.contains("newer version") == true)
        }
    }

    @Test func `is told from an older format`() throws {
        var own = try ownRecord()
        own.bytes[0] = 1
        own.seal()
        try file.with(own.bytes, at: own.offsets) {
            let failure = #expect(throws: Failure.self) { try Storage(options) }
            #expect(failure?.status == MP_FOREIGN)
            #expect(failure?.text.contains("older version") == true)
        }
    }

    @Test func `that removed a batch is found at load, with its name`() throws {
        var record = try identityRecord(4)
        record.put(999, at: 64)
        record.seal()
        let group = try file.with(record.bytes, at: record.offsets) { try loadDamaged() }
        #expect(group?.health == MP_LMDB_DAMAGED)
        #expect(
            group?.text.contains("group 7: the batch at index 9, ballot 1.1, is missing") == true)
    }

    @Test func `that exchanged two sound batches is noticed`() throws {
        var record = try identityRecord(4)
        record.put(1, at: 64)
        record.seal()
        let group = try file.with(record.bytes, at: record.offsets) { try loadDamaged() }
        #expect(group?.health == MP_LMDB_DAMAGED)
        #expect(group?.text.contains("is not the one its identity names") == true)
    }

    @Test func `that broke the chain is noticed`() throws {
        var record = try identityRecord(4)
        record.put(0x1234, at: 48)
        record.seal()
        let group = try file.with(record.bytes, at: record.offsets) { try loadDamaged() }
        #expect(group?.health == MP_LMDB_LOST)
        #expect(group?.text.contains("index 9, ballot 1.1, breaks the chain") == true)
    }

    /// Two in one row are more than the room for one.
    @Test(arguments: [UInt64?.none, 7]) func `is told of no further than there is room`(
        group: UInt64?
    ) throws {
        var record = try identityRecord(4)
        record.put(0x1234, at: 48)
        record.put(999, at: 64)
        record.seal()
        try file.with(record.bytes, at: record.offsets) {
            let storage = try Storage(options)
            let all = try storage.verify(group)
            #expect(all.count == 2)
            #expect(all.first?.text.contains("breaks the chain") == true)
            #expect(try storage.verify(group, room: 1).map(\.text) == all.prefix(1).map(\.text))
        }
    }

    @Test(arguments: [
        (32, "does not reach its tip"), (40, "does not reach its tip"), (56, "its tip"),
        (64, "is committed there"), (72, "is committed there"), (88, "is committed there"),
    ])
    func `that moved tip or commit point is noticed`(offset: Int, complaint: String) throws {
        var record = try hardRecord()
        let old = UInt64(record.bytes[offset])
        record.put(offset == 32 ? 12 : old ^ 1, at: offset)
        record.seal()
        let group = try file.with(record.bytes, at: record.offsets) { try loadDamaged() }
        #expect(group?.health == MP_LMDB_LOST)
        #expect(group?.text.contains(complaint) == true, "\(group?.text ?? "")")
    }

    @Test func `that took the hard state from its log leaves no unknown group`() throws {
        var record = try hardRecord()
        record.put(6, at: 8)
        record.seal()
        let loaded = try file.with(
            bigEndian(6) + record.bytes, at: record.offsets.map { $0 - 8 }
        ) { try Storage(options).load() }
        #expect(loaded[7]?.health == MP_LMDB_LOST)
        #expect(loaded[7]?.text.contains("group 7: it has a log but no hard state") == true)
        #expect(loaded[6]?.health == MP_LMDB_LOST)
        #expect(loaded[other.group]?.health == MP_LMDB_WHOLE)
    }

    @Test func `that cut the file is refused`() throws {
        let used = try Storage(options).stats.bytes_used
        try FileHandle(forUpdating: file.url).truncate(atOffset: used - 1)
        let failure = #expect(throws: Failure.self) { try Storage(options) }
        #expect(failure?.status == MP_CORRUPT)
        #expect(failure?.text.contains("is cut off") == true)
    }

    @Test func `to both of LMDB's first pages is refused`() throws {
        try FileHandle(forUpdating: file.url).write(contentsOf: Data(count: 8192))
        let failure = #expect(throws: Failure.self) { try Storage(options) }
        #expect(failure?.status == MP_CORRUPT)
    }
}
