import CMultiPaxos
import CMultiPaxosLMDB
import Foundation
import Synchronization
import TestSupport
import Testing

/// Storage whose mp_lmdb_read() may be called on any thread.
private struct Shared: @unchecked Sendable {
    let storage: Storage
}

private final class Flag: Sendable {
    private let state = Atomic(false)
    var isSet: Bool { state.load(ordering: .relaxed) }
    func set() { state.store(true, ordering: .relaxed) }
}

@Suite struct `A history of writes` {
    let directory: TemporaryDirectory
    let options: Options

    init() throws {
        directory = try TemporaryDirectory()
        options = Options(path: directory.path("data"))
        try options.format()
    }

    /// A change the core could ask for, drawn at random.
    private func change(_ log: inout Log, _ random: inout SeededGenerator) -> Write {
        let uncommitted = log.suffix.count
        let entries = (0...Int.random(in: 0..<3, using: &random)).map { _ in
            let large = random.oneIn(8)
            return random.bytes(Int.random(in: 0..<(large ? 9000 : 60), using: &random))
        }
        switch Int.random(in: 0..<10, using: &random) {
        case 0:
            return log.promise(log.hard.promised.round + 1, .random(in: 1...3, using: &random))
        case 1 where uncommitted > 0:
            let kept = log.batches.count - Int.random(in: 1...uncommitted, using: &random)
            return log.truncate(from: log.batches[kept].identity.first)
        case 2 where uncommitted > 0:
            let kept = log.batches.count - Int.random(in: 1...uncommitted, using: &random)
            return log.replace(from: log.batches[kept].identity.first, with: entries)
        case 3, 4:
            let committed = log.batches.count - uncommitted
            return log.commit(Int.random(in: committed...log.batches.count, using: &random))
        default:
            return log.append(entries)
        }
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `drawn at random is what restarts find`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var logs = (1...5).map { _ in Log(random.next()) }
        var written: Set<UInt64> = []
        var storage: Storage? = try Storage(options)
        for _ in 0..<12 {
            for _ in 0..<25 {
                let writes = (0...Int.random(in: 0..<6, using: &random)).map { _ in
                    let i = Int.random(in: logs.indices, using: &random)
                    written.insert(logs[i].group)
                    return change(&logs[i], &random)
                }
                try storage?.commit(writes)
            }
            storage = nil
            let reopened = try Storage(options)
            let loaded = try reopened.load()
            #expect(Set(loaded.keys) == written)
            for log in logs where written.contains(log.group) {
                #expect(expectIntact(log, in: reopened, loaded), "group \(log.group)")
            }
            storage = reopened
        }
    }

    @Test func `can be read on other threads while it goes on`() async throws {
        let shared = try Shared(storage: Storage(options))
        var log = Log(5)
        for i in 0..<300 { _ = log.append([[UInt8(truncatingIfNeeded: i)]]) }
        let frames = log.frames
        let done = Flag()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<3 {
                group.addTask { [shared, frames, done] in
                    var longest = 0
                    while !done.isSet {
                        let read = try shared.storage.read(5)
                        #expect(read == Array(frames.prefix(read.count)))
                        #expect(read.count >= longest, "what was read once stays")
                        longest = read.count
                        await Task.yield()
                    }
                    return longest
                }
            }
            var again = Log(5)
            for i in 0..<300 {
                try shared.storage.commit([again.append([[UInt8(truncatingIfNeeded: i)]])])
            }
            done.set()
            for try await longest in group { #expect(longest <= 300) }
        }
        #expect(try shared.storage.read(5) == frames)
    }

    /// A copy of the file taken after any commit is what a crash right then would leave.
    @Test func `is whole at each of its commits`() throws {
        var log = Log(5)
        let storage = try Storage(options)
        let data = URL(filePath: options.path + "/data.mdb")
        for i in 0..<12 {
            try storage.commit([log.append([[UInt8(i)]])])
            let copy = Options(path: directory.path("copy\(i)"))
            try FileManager.default.createDirectory(
                atPath: copy.path, withIntermediateDirectories: true)
            try FileManager.default.copyItem(
                at: data, to: URL(filePath: copy.path + "/data.mdb"))
            let opened = try Storage(copy)
            #expect(try expectIntact(log, in: opened, opened.load()))
        }
    }
}
