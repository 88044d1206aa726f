import CMultiPaxos
import CMultiPaxosLMDB
import Foundation
import TestSupport
import Testing

@Suite struct `A voting directory` {
    let directory: TemporaryDirectory
    let path: String
    let options: Options

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.path("data")
        options = Options(path: path)
    }

    /// The failure of `body`, which must fail with `status`.
    private func failure(
        _ status: mp_status, _ sourceLocation: SourceLocation = #_sourceLocation,
        _ body: () throws -> Void
    ) throws -> String {
        let failure = #expect(throws: Failure.self, sourceLocation: sourceLocation) { try body() }
        #expect(failure?.status == status, "\(String(describing: failure))")
        return failure?.text ?? ""
    }

    private func listing() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }

    @Test func `names its node and cluster, and an incarnation of its own`() throws {
        try options.format()
        let storage = try Storage(options)
        let identity = storage.identity
        #expect(identity.node == 1)
        #expect(bytes(identity.cluster).starts(with: Array("prod\0".utf8)))
        #expect(identity.incarnation != 0)

        let second = Options(path: directory.path("second"))
        try second.format()
        #expect(try Storage(second).identity.incarnation != identity.incarnation)
    }

    @Test func `of another node is refused, with the remedy`() throws {
        var formatted = options
        formatted.node = 2
        try formatted.format()
        #expect(
            try failure(MP_FOREIGN) { _ = try Storage(options) }
                == """
                \(path) belongs to node 2 of cluster "prod"; this is node 1. Start it with \
                --node 2, or point --data at node 1's directory.
                """)
    }

    @Test func `of another cluster is refused, with the remedy`() throws {
        var formatted = options
        formatted.cluster = "test"
        try formatted.format()
        #expect(
            try failure(MP_FOREIGN) { _ = try Storage(options) }
                == """
                \(path) belongs to cluster "test"; this is cluster "prod". Start it with --cluster \
                test, or point --data at a directory of cluster "prod".
                """)
    }

    @Test func `must be formatted first`() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        #expect(
            try failure(MP_FOREIGN) { _ = try Storage(options) }
                == """
                \(path) is not formatted; run: adod format --cluster prod --node 1 --data \(path)
                """)
        #expect(try listing().isEmpty)
    }

    @Test func `that is missing is no new one`() throws {
        let text = try failure(MP_SYSTEM) { _ = try Storage(options) }
        #expect(text.hasPrefix("\(path) does not exist. Mount its disk;"))
    }

    @Test func `may not be a file`() throws {
        try Data().write(to: URL(filePath: path))
        #expect(try failure(MP_SYSTEM) { _ = try Storage(options) }.contains("not a directory"))
    }

    @Test func `is not made where something is already`() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Data("x".utf8).write(to: URL(filePath: path + "/notes"))
        #expect(try failure(MP_FOREIGN) { try options.format() }.contains("it holds notes"))
        #expect(try listing() == ["notes"])
    }

    @Test func `is not made twice`() throws {
        try options.format()
        let incarnation = try Storage(options).identity.incarnation
        #expect(try failure(MP_FOREIGN) { try options.format() }.contains("formatted already"))
        #expect(try Storage(options).identity.incarnation == incarnation)
    }

    @Test func `holds nothing but its data and locks`() throws {
        try options.format()
        #expect(try listing() == ["LOCK", "data.mdb"])
        _ = try Storage(options)
        #expect(try listing() == ["LOCK", "data.mdb", "lock.mdb"])
    }

    @Test func `whose format was interrupted is refused, and can be formatted`() throws {
        try FileManager.default.createDirectory(
            atPath: path + "/.format", withIntermediateDirectories: true)
        try Data(count: 5000).write(to: URL(filePath: path + "/.format/data.mdb"))
        try Data().write(to: URL(filePath: path + "/LOCK"))
        #expect(try failure(MP_FOREIGN) { _ = try Storage(options) }.contains("not formatted"))
        try options.format()
        #expect(try Storage(options).load().isEmpty)
        #expect(try listing() == ["LOCK", "data.mdb", "lock.mdb"])
    }

    @Test func `with an empty data file is not taken for a new one`() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Data().write(to: URL(filePath: path + "/data.mdb"))
        #expect(try failure(MP_FOREIGN) { _ = try Storage(options) }.contains("not formatted"))
    }

    @Test func `needs a cluster's name and a node id that fit`() throws {
        var long = options
        long.cluster = String(repeating: "c", count: 64)
        #expect(try failure(MP_FOREIGN) { try long.format() }.contains("1 to 63 bytes"))
        var longest = options
        longest.cluster = String(repeating: "c", count: 63)
        try longest.format()
        _ = try Storage(longest)
        var nobody = options
        for node in [0, 65, UInt64.max] {
            nobody.node = node
            #expect(try failure(MP_FOREIGN) { _ = try Storage(nobody) }.contains("use 1 to 64"))
        }
    }

    @Test func `is open once in a process`() throws {
        try options.format()
        var storage: Storage? = try Storage(options)
        var other = options
        other.path = path + "/../data"
        let text = try failure(MP_IN_USE) { _ = try Storage(other) }
        #expect(text.contains("already open in this process"))
        withExtendedLifetime(storage) {}
        storage = nil
        _ = try Storage(options)
    }

    @Test func `is open in one process`() async throws {
        try options.format()
        let storage = try Storage(options)
        await #expect(processExitsWith: .exitCode(33)) { [path = path as String] in
            do throws(Failure) { _ = try Storage(Options(path: path)) } catch {
                let told = error.text.contains("in use by another process (\(getppid())")
                exit(error.status == MP_IN_USE && told ? 33 : 1)
            }
        }
        withExtendedLifetime(storage) {}
    }

    @Test func `is free again when its process was killed, and lost nothing`() async throws {
        try options.format()
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let storage = try Storage(Options(path: path))
            var log = Log(5)
            for i in 0..<50 { try storage.commit([log.append([[UInt8(i)]])]) }
            kill(getpid(), SIGKILL)
        }
        let storage = try Storage(options)
        var log = Log(5)
        for i in 0..<50 { _ = log.append([[UInt8(i)]]) }
        #expect(try expectIntact(log, in: storage, storage.load()))
    }

    @Test(.enabled(if: Mount.isPermitted, "mounting needs privileges this process does not have"))
    func `must be writable`() throws {
        try options.format()
        let mount = try Mount(readOnly: path)
        let text = try failure(MP_SYSTEM) { _ = try Storage(options) }
        #expect(text.hasPrefix("\(path) is not writable: Read-only file system."))
        withExtendedLifetime(mount) {}
    }

    @Test func `remembers whether it votes, and does not at first`() throws {
        try options.format()
        var before = mp_lmdb_standing(vote: MP_LMDB_VOTE_NONE, generation: 0)
        for (vote, generation) in [
            (MP_LMDB_VOTE_FIRST, UInt32(0)), (MP_LMDB_VOTE_LOST, 0), (MP_LMDB_VOTE_ANEW, 1023),
        ] {
            let storage = try Storage(options)
            #expect(storage.identity.standing.vote == before.vote)
            #expect(storage.identity.standing.generation == before.generation)
            before = mp_lmdb_standing(vote: vote, generation: generation)
            try storage.admit(before)
        }
        #expect(try Storage(options).identity.standing.generation == 1023)
    }

    @Test func `remembers what peers announced`() throws {
        try options.format()
        let peer = mp_lmdb_peer(node: 2, incarnation: 77, sequence: 12, lost: false, generation: 0)
        do {
            let storage = try Storage(options)
            #expect(storage.peer(2) == nil)
            try storage.putPeer(
                mp_lmdb_peer(node: 2, incarnation: 5, sequence: 1, lost: true, generation: 0))
            try storage.putPeer(peer)
            try storage.putPeer(
                mp_lmdb_peer(node: 3, incarnation: 6, sequence: 1, lost: true, generation: 9))
        }
        let storage = try Storage(options)
        #expect(storage.peer(2)?.incarnation == 77)
        #expect(storage.peer(2)?.sequence == 12)
        #expect(storage.peer(2)?.lost == false)
        #expect(storage.peer(3)?.lost == true)
        #expect(storage.peer(2)?.generation == 0 && storage.peer(3)?.generation == 9)
        #expect(storage.peer(4) == nil)
    }
}
