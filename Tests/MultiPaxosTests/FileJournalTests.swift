import ADO
import Foundation
import TestSupport
import Testing

@testable import MultiPaxos

@Suite struct `A journal of external events` {
    private let directory: TestSupport.TemporaryDirectory
    private var path: String { directory.path + "/events.journal" }

    init() throws {
        directory = try TestSupport.TemporaryDirectory()
    }

    private func event(_ number: UInt64) -> ExternalEvent {
        ExternalEvent(
            .push, of: ObjectName(type: "Counter", name: "hits"), .preempted,
            by: Ballot(round: number, node: 2),
            caller: Origin.Caller(name: "count", invocation: number, step: 1))
    }

    @Test func `is read as it was written, by later processes too`() throws {
        for number in 1...2 {
            let journal = try FileJournal(path: path)
            journal.record(event(UInt64(number)))
        }
        #expect(try FileJournal.entries(at: path).map(\.event) == [event(1), event(2)])
    }

    @Test func `keeps the last events within its bound`() throws {
        let journal = try FileJournal(path: path, bytesMax: 4096)
        for number in 1...1000 { journal.record(event(UInt64(number))) }
        let kept = try FileJournal.entries(at: path).map(\.event)
        #expect(kept == (1...1000).suffix(kept.count).map { event(UInt64($0)) })
        #expect(kept.count > 40)
        for file in [path, path + ".1"] {
            let size = try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int
            #expect(size ?? .max <= 4096)
        }
    }

    @Test func `is read up to an end that is torn, wherever that is`() throws {
        try FileJournal(path: path).record(event(1))
        try FileJournal(path: path).record(event(2))
        let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
        for size in bytes.count / 2..<bytes.count {
            #expect(try FileJournal.entries(Array(bytes.prefix(size)), path).count == 1)
        }
    }

    @Test func `is read beyond what is torn in its middle`() throws {
        for number in 1...3 { try FileJournal(path: path).record(event(UInt64(number))) }
        let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
        let size = bytes.count / 3
        for torn in 1..<size {
            let left = bytes[..<(size + torn)] + bytes[(2 * size)...]
            let events = try FileJournal.entries(Array(left), path).map(\.event)
            #expect(events == [event(1), event(3)], "\(torn) of \(size) bytes")
        }
    }

    @Test func `loses nothing when several processes find its file full`() throws {
        let journals = try (0..<2).map { _ in try FileJournal(path: path, bytesMax: 4096) }
        for number in 1...200 { journals[number % 2].record(event(UInt64(number))) }
        let kept = try FileJournal.entries(at: path).map(\.event)
        #expect(kept == (1...200).suffix(kept.count).map { event(UInt64($0)) })
        #expect(kept.count > 40)
    }

    @Test func `is read where a process ended while it began a new file`() throws {
        try FileJournal(path: path).record(event(1))
        try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
        #expect(try FileJournal.entries(at: path).map(\.event) == [event(1)])
        try FileJournal(path: path).record(event(2))
        #expect(try FileJournal.entries(at: path).map(\.event) == [event(1), event(2)])
        try Data("no journal at all".utf8).write(to: URL(fileURLWithPath: path + ".1"))
        #expect(try FileJournal.entries(at: path).map(\.event) == [event(2)])
    }

    @Test func `begins anew where its file was deleted`() throws {
        let journal = try FileJournal(path: path)
        journal.record(event(1))
        try FileManager.default.removeItem(atPath: path)
        journal.record(event(2))
        #expect(try FileJournal.entries(at: path).map(\.event) == [event(2)])
    }

    @Test func `is written again once it can be`() throws {
        let folder = directory.path + "/logs"
        let path = folder + "/events.journal"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let journal = try FileJournal(path: path, bytesMax: 1024)
        try FileManager.default.removeItem(atPath: folder)
        for number in 1...100 { journal.record(event(UInt64(number))) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        for number in 101...103 { journal.record(event(UInt64(number))) }
        #expect(try FileJournal.entries(at: path).last?.event == event(103))
    }

    @Test func `is no other file, and says so`() throws {
        #expect(throws: NodeError.self) { try FileJournal.entries(at: path) }
        let error = #expect(throws: NodeError.self) {
            try FileJournal.entries(Array("no journal at all".utf8), path)
        }
        #expect(error?.code == .corrupt)
        #expect(throws: NodeError.self) { try FileJournal(path: directory.path + "/no/journal") }
    }
}
