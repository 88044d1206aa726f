import Foundation
import TestSupport
import Testing

@testable import Bench

@Suite struct `The scenarios` {
    @Test func `have names of their own and a line each`() {
        #expect(Set(Scenario.all.map(\.name)).count == Scenario.all.count)
        #expect(Scenario.all.allSatisfy { !$0.summary.isEmpty && !$0.summary.contains("\n") })
        #expect(Scenario.list().count == Scenario.all.count)
    }

    @Test(arguments: Scenario.all.map(\.name)) func `come back from a report`(
        _ name: String
    ) throws {
        let scenario = try #require(Scenario(named: name))
        let data = try JSONEncoder().encode([scenario])
        #expect(String(decoding: data, as: UTF8.self) == "[\"\(name)\"]")
        #expect(try JSONDecoder().decode([Scenario].self, from: data) == [scenario])
    }

    @Test func `that nobody knows are refused`() {
        #expect(Scenario(named: "earthquake") == nil)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([Scenario].self, from: Data("[\"earthquake\"]".utf8))
        }
    }

    @Test func `hit as many servers as their names say`() {
        let five: [UInt64] = [4, 1, 2, 3, 5]
        #expect(Trouble.Part.owner.nodes(of: five) == [4])
        #expect(Trouble.Part.follower.nodes(of: five) == [1])
        #expect(Trouble.Part.minority.nodes(of: five) == [4, 1])
        #expect(Trouble.Part.majority.nodes(of: five) == [4, 1, 2])
        #expect(Trouble.Part.majority.nodes(of: [1, 2, 3]) == [1, 2])
        #expect(Trouble.Part.all.nodes(of: five) == five)
    }

    @Test func `that three servers cannot have are not for three`() {
        let three = Scenario.all(for: RunOptions()).map(\.name)
        #expect(three.contains("isolate-owner") && three.contains("overload"))
        #expect(!three.contains("hub") && !three.contains("kill-minority"))
        var options = RunOptions()
        options.replicas = 5
        options.clients = 2
        #expect(Scenario.all(for: options) == Scenario.all)
    }

    @Test func `that break links or disks need servers of their own`() throws {
        var options = RunOptions()
        options.cluster = try [1, 2, 3].map { try #require(ServerAddress("\($0)=a:1")) }
        options.pids = [11, 12, 13]
        let possible = Scenario.all(for: options).map(\.name)
        #expect(
            possible == [
                "steady", "pause-owner", "pause-follower", "pause-majority", "pause-all",
                "duel", "overload",
            ])
    }

    @Test func `are listed by the command`() async throws {
        let child = try ChildProcess(Products.path("adobench"), ["scenarios"])
        #expect(try await child.exit() == .status(0))
        #expect(child.standardOutput.split(separator: "\n").map(String.init) == Scenario.list())
    }
}

/// Scenarios on real processes, one for each kind of trouble.
@Suite(.serialized) struct `Real servers in trouble` {
    private func run(
        _ scenario: String, seconds: Int = 6, _ more: String...
    ) async throws -> RunReport {
        let run = try await Run(
            ["--scenario", scenario, "--seconds", "\(seconds)", "--warmup", "0.5"] + more)
        #expect(run.exit == .status(0), "\(run.text)")
        let report = try #require(run.report)
        #expect(report.status == .proved)
        #expect(report.verdict.linearizable == .holds)
        #expect(report.verdict.refines_ado == .holds, "\(run.text)")
        return report
    }

    /// Another server takes over within the trouble, and the one that was hit catches up after it.
    @Test(arguments: ["isolate-owner", "mute-owner", "slow-disk-owner"])
    func `change the owner`(_ scenario: String) async throws {
        let report = try await run(scenario, seconds: 9)
        let markers = try #require(report.course?.markers)
        let committed = try #require(markers.first_commit_ms)
        #expect(markers.injected_ms < committed && committed < markers.healed_ms)
        #expect(report.owner.taken_over_by?.node != report.owner.before?.node)
        let caughtUp = try #require(markers.caught_up_ms)
        #expect(caughtUp > markers.injected_ms)
    }

    @Test func `stop while a majority is dead, and go on`() async throws {
        let report = try await run("kill-majority")
        let markers = try #require(report.course?.markers)
        let outage = try #require(report.unavailable_ms)
        #expect(outage > 0.9 * (markers.healed_ms - markers.injected_ms))
        #expect(report.nodes.count { $0.restarted } == 2)
    }

    /// What is written until the disk is full is some megabytes: values are large.
    @Test(arguments: ["full-disk-owner", "full-disk-follower"])
    func `do without one whose disk is full`(_ scenario: String) async throws {
        let report = try await run(
            scenario, "--value-bytes", "10000", "--rate", "2000", "--keys", "20")
        #expect(report.events.contains { $0.what.hasSuffix("has no more room") })
        #expect(report.events.contains { $0.what.hasSuffix("is full") }, "\(report.events)")
        #expect(report.events.contains { $0.what == "there is room again" })
        let markers = try #require(report.course?.markers)
        #expect(markers.caught_up_ms != nil)
        let end = report.timeline.suffix(10).reduce(0) { $0 + $1.ok }
        #expect(end > 0)
    }

    @Test func `are restarted one after the other`() async throws {
        let report = try await run("rolling-restart", "--in-flight", "16")
        #expect(report.nodes.allSatisfy { $0.restarted })
        #expect(report.events.count { $0.what.hasPrefix("SIGTERM") } == 3)
    }

    @Test func `have one that comes late`() async throws {
        let report = try await run("late-replica", "--in-flight", "32")
        let markers = try #require(report.course?.markers)
        let caughtUp = try #require(markers.caught_up_ms)
        #expect(caughtUp > markers.injected_ms && caughtUp < markers.injected_ms + 3000)
        let late = try #require(report.course?.lag.last?.entries)
        // What is under way at the end of a window is behind as well, and more of it where the
        // machine was busy with something else right then.
        #expect(late.first ?? 0 > 64 && late.suffix(10).min() ?? .max <= 256)
    }

    @Test func `take the object back from those who only pull it`() async throws {
        let report = try await run("duel", "--rate", "500")
        #expect(report.events.contains { $0.what.hasPrefix("they pulled it") })
        let last = report.timeline.suffix(10).reduce(0) { $0 + $1.ok }
        #expect(last > 200)
    }

    /// What it had under way is in the log or not, and counted as not settled.
    @Test func `lose a client`() async throws {
        let report = try await run("client-crash", "--clients", "2", "--rate", "2000")
        #expect(report.events.contains { $0.what.hasPrefix("a client is gone") })
        let before = report.timeline[5..<15].reduce(0) { $0 + $1.ok }
        let after = report.timeline[45..<55].reduce(0) { $0 + $1.ok }
        #expect(after > 0 && Double(after) < 0.7 * Double(before))
    }

    @Test func `are offered more for a while`() async throws {
        let report = try await run("overload", "--rate", "400")
        let perSecond = stride(from: 0, to: 60, by: 10).map { start in
            report.timeline[start..<start + 10].reduce(0) { $0 + $1.ok + $1.shed }
        }
        #expect(perSecond[2] > 2 * perSecond[0])
        #expect(perSecond[5] < 2 * perSecond[0])
    }
}
