import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Bench

@Suite struct `A quota of the CPU` {
    /// Whether this machine lets somebody make a group.
    private static let isPossible = (try? CPUQuota(percent: 50)) != nil

    @Test(.enabled(if: isPossible, "no control group with the controller cpu can be made here"))
    func `holds a busy process back`() async throws {
        let folder = try TemporaryDirectory()
        let quota = try CPUQuota(percent: 20)
        let group = try quota.group("adobench-test-\(UInt32.random(in: 0...UInt32.max))")
        defer { group.remove() }
        let busy = try ServerProcess(
            "/bin/sh", ["-c", "while :; do :; done"], log: folder.path("log"))
        defer {
            busy.signal(SIGKILL)
            busy.collect()
        }
        try group.take(busy.pid)
        let before = try #require(cpuSeconds(of: busy.pid))
        let first = try #require(group.statistic("nr_periods"))
        try await poll(until: "many periods of the quota are over") {
            (group.statistic("nr_periods") ?? 0) >= first + 200
        }
        #expect(group.statistic("nr_throttled") ?? 0 > 0)
        // 200 periods of 10 ms, of which a fifth each. What it had in more periods since then, and
        // the kernel's clock of 10 ms, are far below the whole 2 s that it would have had.
        let used = try #require(cpuSeconds(of: busy.pid)) - before
        let periods = try #require(group.statistic("nr_periods")) - first
        #expect(used < 0.5 * Double(periods) * 0.01)
    }

    @Test(.enabled(if: isPossible, "no control group with the controller cpu can be made here"))
    func `leaves no group behind`() async throws {
        let run = try await Run(["--seconds", "1", "--warmup", "0", "--quota", "50"])
        #expect(run.exit == .status(0), "\(run.text)")
        #expect(run.report?.config.quota_percent == 50)
        let quota = try CPUQuota(percent: 50)
        let left = try FileManager.default.contentsOfDirectory(atPath: quota.parent)
        #expect(!left.contains { $0.hasPrefix("adobench-bench-") && isOfRun($0, run.text) })
    }

    private func isOfRun(_ group: String, _ text: String) -> Bool {
        // Other tests have groups at the same time: only what has no process is left over.
        group.hasSuffix("-1")
            && FileManager.default.contents(
                atPath: "/sys/fs/cgroup/cpu/\(group)/cgroup.procs")?.isEmpty == true
    }

    @Test func `is refused with what is missing where no group can be made`() throws {
        let root = try TemporaryDirectory()
        let error = #expect(throws: BenchError.self) {
            try CPUQuota(percent: 50, root: root.path)
        }
        #expect(error?.description.contains("there is none") == true)
        #expect(error?.description.contains("Delegate=yes") == true)
        #expect(error?.status == .unusable)
    }

    @Test func `is refused where the kernel's files are not in a group`() throws {
        let root = try TemporaryDirectory()
        for folder in ["proc/self", "groups/own"] {
            try FileManager.default.createDirectory(
                atPath: root.path(folder), withIntermediateDirectories: true)
        }
        try Data("none /groups cgroup2 rw 0 0\n".utf8).write(
            to: URL(filePath: root.path("proc/self/mounts")))
        try Data("0::/own\n".utf8).write(to: URL(filePath: root.path("proc/self/cgroup")))
        let error = #expect(throws: BenchError.self) {
            try CPUQuota(percent: 50, root: root.path)
        }
        #expect(error?.description.contains("not possible: /groups/own, /groups") == true)
        let left = try FileManager.default.contentsOfDirectory(atPath: root.path("groups/own"))
        #expect(left == [])
    }

    @Test func `is looked for in the own group, and in the one above`() {
        let second = CPUQuota.candidates(
            mounts: "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n",
            groups: "0::/user.slice/session-1.scope\n")
        #expect(
            second.map(\.folder) == [
                "/sys/fs/cgroup/user.slice/session-1.scope", "/sys/fs/cgroup/user.slice",
            ])
        #expect(second.allSatisfy { $0.version == .second })
        let first = CPUQuota.candidates(
            mounts: """
                cgroup /c/memory cgroup rw,memory 0 0
                cgroup /c/cpu cgroup rw,relatime,cpu,cpuacct 0 0
                """,
            groups: "4:memory:/elsewhere\n2:cpu,cpuacct:/\n")
        #expect(first.map(\.folder) == ["/c/cpu"])
        #expect(first.allSatisfy { $0.version == .first })
    }

    @Test func `needs servers of its own`() throws {
        var options = RunOptions()
        for wrong in [0, -5, 1001] {
            options.quota = wrong
            #expect(throws: BenchError.self) { try options.validate() }
        }
        options.quota = 40
        try options.validate()
        options.cluster = [ServerAddress(node: 1, host: "h", port: 1)]
        #expect(throws: BenchError.self) { try options.validate() }
    }
}
