import ADO
import ADOObjects
import ADOSpec
import Foundation
import Glibc
import MultiPaxos
import Synchronization
import TestSupport
import Testing

/// Nodes that write down what they do.
@Suite struct `A traced node` {
    private let directory: TemporaryDirectory
    private let trace: String

    init() throws {
        directory = try TemporaryDirectory()
        trace = directory.path("node-1.trace")
        try Node.format(directory: directory.path("data"), cluster: "ado", node: 1)
    }

    @Test func `has in its file what it did, in order`() async throws {
        try await serve { node in
            _ = try await node.object(Counter.self, named: "c").call(.add(1), policy: patient)
        }
        let file = try read()
        let life = try #require(file.lives.first)
        #expect(file.lives.count == 1)
        #expect(life.node == 1)
        #expect(life.cluster == "ado")
        #expect(life.ending == .clean)
        let records = file.records(of: life).map(\.record)
        #expect(records.allSatisfy { $0.node == 1 })
        let order: [TraceKind] = [
            .preparing, .promised, .pulled, .invoked, .pushed, .committed,
        ]
        let firsts = order.map { kind in records.firstIndex { $0.kind == kind } ?? .max }
        #expect(firsts == firsts.sorted() && firsts.last != .max)
        // The creation of the object, the opening of the session, and the call.
        #expect(records.last { $0.kind == .committed }?.point.index ?? 0 >= 3)
    }

    @Test func `begins another life in the same file when it starts again`() async throws {
        for number in 1...3 {
            try await serve { node in
                let counter = node.object(Counter.self, named: "c")
                let sum = try await counter.call(.add(1), policy: patient)
                #expect(sum == number)
            }
        }
        let file = try read()
        #expect(file.lives.map(\.ending) == [.clean, .clean, .clean])
        #expect(Set(file.lives.map(\.incarnation)).count == 1)
        let commits = file.lives.compactMap { life in
            file.records(of: life).map(\.record).last { $0.kind == .committed }?.point.index
        }
        #expect(commits.count == 3)
        #expect(commits == commits.sorted())
    }

    @Test func `cuts off what a crash left of a record`() async throws {
        try await serve { _ in }
        try append([1, 2, 3])
        try await serve { _ in }
        #expect(try read().lives.map(\.ending) == [.clean, .clean])
    }

    @Test func `stops tracing at the limit, says so, and goes on`() async throws {
        let limit: UInt64 = 2048
        try await serve(limit: limit) { node in
            let counter = node.object(Counter.self, named: "c")
            for number in 1...20 {
                let sum = try await counter.call(.add(1), policy: patient)
                #expect(sum == number)
            }
        } log: { lines in
            #expect(lines.contains { $0.contains("traced no longer") && $0.contains("limit") })
        }
        #expect(try read().lives.map(\.ending) == [.limit])
        #expect(try Data(contentsOf: URL(filePath: trace)).count <= Int(limit))

        // The next life is there, too, and lacks everything.
        try await serve(limit: limit) { node in
            _ = try await node.object(Counter.self, named: "c").call(.add(1), policy: patient)
        }
        #expect(try read().lives.map(\.ending) == [.limit, .limit])
    }

    @Test(.enabled(if: SmallDisk.isPermitted))
    func `stops tracing where the disk is full, says so, and goes on`() async throws {
        let disk = try SmallDisk(directory.path("small"))
        try await serve(trace: disk.path + "/t") { node in
            let counter = node.object(Counter.self, named: "c")
            for number in 1...60 {
                let sum = try await counter.call(.add(1), policy: patient)
                #expect(sum == number)
            }
        } log: { lines in
            #expect(lines.contains { $0.contains("traced no longer: no space left") })
        }
        let bytes = Array(try Data(contentsOf: URL(filePath: disk.path + "/t")))
        #expect(bytes.count == SmallDisk.size)
        #expect(TraceFile(bytes).lives.map(\.ending) == [.writeFailed])
    }

    @Test func `refuses a file that is none of its traces, and leaves it alone`() throws {
        var other = TraceFileWriter()
        other.start(node: 2, incarnation: 1, cluster: "ado", nanoseconds: 1)
        var foreign = TraceFileWriter()
        foreign.start(node: 1, incarnation: 1, cluster: "other", nanoseconds: 1)
        let contents: [(bytes: [UInt8], word: String)] = [
            (Array("shopping list\n".utf8), "no trace"),
            (.init(repeating: 0, count: 200), "no trace"),
            (other.bytes, "another node"), (foreign.bytes, "another cluster"),
        ]
        for (bytes, word) in contents {
            try Data(bytes).write(to: URL(filePath: trace))
            #expect(try refusal().contains(word))
            #expect(try Data(contentsOf: URL(filePath: trace)) == Data(bytes))
        }
    }

    @Test func `refuses a path where no file can be`() throws {
        for path in [directory.path("none/t"), directory.url.path, "/dev/null"] {
            let text = try refusal(path)
            #expect(text.contains(path) && text.contains("; name a"), "\(text)")
        }
    }

    @Test func `refuses a file that another process writes`() async throws {
        try await serve { _ in
            let other = directory.path("other")
            try Node.format(directory: other, cluster: "ado", node: 1)
            let text = try refusal(data: other)
            #expect(text.contains("another process"))
        }
    }

    // MARK: Helpers

    private var patient: CallPolicy { .exactlyOnce(deadline: .seconds(20)) }

    private func read() throws -> TraceFile {
        TraceFile(Array(try Data(contentsOf: URL(filePath: trace))))
    }

    private func append(_ bytes: [UInt8]) throws {
        let handle = try FileHandle(forWritingTo: URL(filePath: trace))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(bytes))
        try handle.close()
    }

    private func options(_ listener: borrowing Listener, data: String? = nil) -> NodeOptions {
        let voter = NodeOptions.Voter(node: 1, host: "127.0.0.1", port: listener.port)
        var options = NodeOptions(
            cluster: "ado", node: 1, voters: [voter], data: data ?? directory.path("data"))
        options.trace = trace
        return options
    }

    private func refusal(_ path: String? = nil, data: String? = nil) throws -> String {
        let listener = try Listener.bind(host: "127.0.0.1", port: 0)
        var options = options(listener, data: data)
        options.trace = path ?? trace
        do {
            _ = try Node.start(options, listener: listener)
        } catch {
            #expect(error.code == .foreignDirectory)
            return error.message
        }
        return "it started"
    }

    /// Runs `body` with a server that is the whole cluster.
    private func serve(
        limit: UInt64 = 0, trace: String? = nil, _ body: (Node) async throws -> Void,
        log check: ([String]) -> Void = { _ in }
    ) async throws {
        let listener = try Listener.bind(host: "127.0.0.1", port: 0)
        var options = options(listener)
        options.traceLimit = limit
        options.trace = trace ?? options.trace
        options.electionTimeout = .milliseconds(50)
        let lines = Lines()
        options.onLog = { lines.add($1) }
        let types = TypeRegistry()
        types.host(Counter.self)
        let node = try Node.start(options, types: types, listener: listener)
        do {
            try await body(node)
        } catch {
            await node.shutdown()
            throw error
        }
        await node.shutdown()
        check(lines.all)
    }
}

/// A file system of two pages, which this process may or may not be allowed to mount.
private final class SmallDisk: Sendable {
    struct Refused: Error {}

    static let size = 8192

    static let isPermitted: Bool = {
        guard let folder = try? TemporaryDirectory() else { return false }
        return (try? SmallDisk(folder.path("small"))) != nil
    }()

    let path: String

    init(_ path: String) throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(Self.size)") == 0 else { throw Refused() }
    }

    deinit { umount2(path, Int32(MNT_DETACH)) }
}

private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func add(_ line: String) { lines.withLock { $0.append(line) } }
}
