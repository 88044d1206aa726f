import Foundation
import TestSupport
import Testing

@testable import Bench

@Suite struct `The gate` {
    private let baseline = RatioBaseline(
        ratio: 0.3, in_flight: 1000, value_bytes: 100, machine: .current())

    private func gate(_ ratios: Double..., change: (inout RunReport) -> Void = { _ in })
        -> RatioGate
    {
        var report = RunReport.example
        report.status = .proved
        report.acked_lost = 0
        report.verdict.acked_lost = 0
        report.verdict.linearizable = .holds
        report.verdict.refines_ado = .holds
        change(&report)
        return RatioGate(
            baseline: baseline, pairs: ratios.map { (1000 * $0, 1000) }, reports: [report])
    }

    @Test func `lets pass what is at least half as fast and proved`() {
        #expect(gate(0.3, 0.2, 0.16).complaints() == [])
        #expect(gate(0.151).lines().contains { $0.contains("PASSED") })
    }

    @Test func `rejects what is below half of the ratio, by the median`() {
        let slow = gate(0.14, 0.1, 0.9)
        #expect(slow.complaints().count == 1)
        #expect(slow.complaints()[0].contains("14.0 % of the bare pipeline"))
        #expect(slow.lines().contains { $0.contains("REJECTED") })
        #expect(gate().complaints() == ["nothing was measured."])
    }

    @Test(arguments: [0, 1, 2, 3, 4]) func `rejects a loss and a violation, however fast`(
        _ number: Int
    ) {
        let spoil: [(inout RunReport) -> Void] = [
            {
                $0.acked_lost = 1; $0.verdict.acked_lost = 1
            },
            { $0.verdict.linearizable = .fails }, { $0.verdict.refines_ado = .fails },
            { $0.verdict.refines_ado = .incomplete }, { $0.status = .invalid },
        ]
        let complaints = gate(9, change: spoil[number]).complaints()
        #expect(complaints.count == 1, "\(complaints)")
    }
}

/// On real processes.
@Suite(.serialized) struct `A smoke run` {
    private func smoke(
        _ ratio: Double, _ more: String..., exit expected: Int32
    ) async throws -> String {
        let folder = try TemporaryDirectory()
        let baseline = RatioBaseline(
            ratio: ratio, in_flight: 64, value_bytes: 100, machine: .current())
        try JSONFile.write(baseline, to: folder.path("ratio.json"))
        let child = try ChildProcess(
            Products.path("adobench"),
            [
                "smoke", "--baseline", folder.path("ratio.json"), "--in-flight", "64", "--seconds",
                "1", "--warmup", "0.2", "--pairs", "1", "--keys", "100",
            ] + more)
        let exit = try await child.exit(within: .seconds(200))
        let text = child.standardError + child.standardOutput
        #expect(exit == .status(expected), "\(text)")
        return text
    }

    @Test func `passes what is proved and fast enough`() async throws {
        let text = try await smoke(0.000_001, exit: 0)
        #expect(text.contains("PASSED"))
        #expect(text.contains("kill-owner: ") && text.contains("kill-follower: "))
    }

    @Test func `rejects what is too slow`() async throws {
        let text = try await smoke(1000, exit: 1)
        #expect(text.contains("below half of the 100000.0 %"))
    }

    @Test func `rejects an acknowledged loss`() async throws {
        let text = try await smoke(0.000_001, "--plant", "loss", exit: 1)
        #expect(text.contains("REJECTED") && text.contains("1 acknowledged writes are lost"))
    }

    @Test func `says so when there is no baseline`() async throws {
        let child = try ChildProcess(
            Products.path("adobench"), ["smoke", "--baseline", "/nowhere/ratio.json"])
        #expect(try await child.exit() == .status(64))
        #expect(child.standardError.contains("/nowhere/ratio.json"))
    }
}
