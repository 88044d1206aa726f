import ADO
import Synchronization
import TestSupport
import Testing

@testable import ADOApps

@Suite struct `Writes of one client` {
    private let gate = Gate()
    private let writes: Gathering

    init() {
        writes = Gathering(in: RealSurroundings()) { [gate] group in await gate.pass(group) }
    }

    private func start(
        _ key: String, _ value: String = "", within deadline: Duration = .seconds(60)
    ) -> Task<Gathering.Outcome, Never> {
        let deadline = RealSurroundings().now + deadline
        return Task {
            do throws(StoreFailure) {
                try await writes.run(Gathering.Write(key: key, value: value, deadline: deadline))
                return .success(())
            } catch {
                return .failure(error)
            }
        }
    }

    /// Two that are under way, so that whatever comes next waits.
    private func occupy() async throws -> [Task<Gathering.Outcome, Never>] {
        let first = start("first")
        try await gate.waitFor(1)
        let second = start("second")
        try await gate.waitFor(2)
        return [first, second]
    }

    private func finish(_ tasks: [Task<Gathering.Outcome, Never>]) async {
        gate.open()
        for task in tasks { #expect(await task.value.failure == nil) }
    }

    @Test func `go together if they come while others are under way`() async throws {
        var tasks = try await occupy()
        for key in ["a", "b", "c"] {
            tasks.append(start(key))
            try await writes.waitFor(tasks.count - 2)
        }
        await finish(tasks)
        #expect(gate.passed.contains(["a", "b", "c"]))
        #expect(gate.passed.count == 3)
    }

    @Test func `go alone if they are large`() async throws {
        var tasks = try await occupy()
        for (key, size) in [("a", 10), ("b", 100_000), ("c", 40_000), ("d", 40_000)] {
            tasks.append(start(key, String(repeating: "x", count: size)))
            try await writes.waitFor(tasks.count - 2)
        }
        await finish(tasks)
        #expect(Set(gate.passed) == [["first"], ["second"], ["a"], ["b"], ["c"], ["d"]])
    }

    @Test func `are not done if they are cancelled before they go`() async throws {
        let tasks = try await occupy()
        let waiting = start("a")
        try await writes.waitFor(1)
        waiting.cancel()
        #expect(await waiting.value.failure == .notDone(.interrupted))
        await finish(tasks)
        #expect(gate.passed == [["first"], ["second"]])
    }

    @Test func `are not done if they wait beyond their deadline`() async throws {
        let tasks = try await occupy()
        let late = start("a", within: .milliseconds(20))
        #expect(await late.value.failure == .notDone(.unreachable))
        await finish(tasks)
        #expect(gate.passed == [["first"], ["second"]])
    }

    @Test func `are unknown if they are cancelled while they go`() async throws {
        let tasks = try await occupy()
        let waiting = start("a")
        try await writes.waitFor(1)
        gate.open(one: ["first"])
        try await gate.waitFor(3)
        waiting.cancel()
        #expect(await waiting.value.failure == .unknown(.interrupted))
        await finish(tasks)
        #expect(gate.passed.contains(["a"]))
    }

    @Test func `share one failure and leave the way free`() async throws {
        var tasks = try await occupy()
        gate.failing = ["a"]
        let failing = [start("a")]
        try await writes.waitFor(1)
        let beside = start("b")
        try await writes.waitFor(2)
        gate.open()
        for task in failing + [beside] {
            #expect(await task.value.failure == .notDone(.busy))
        }
        tasks.append(start("c"))
        await finish(tasks)
        #expect(gate.passed.last == ["c"])
    }
}

/// Where groups wait until a test lets them go.
private final class Gate: Sendable {
    private struct State {
        var waiting: [(keys: [String], continuation: CheckedContinuation<Void, Never>)] = []
        var arrived = 0
        var isOpen = false
        var passed: [[String]] = []
        var failing: Set<String> = []
    }

    private let state = Mutex(State())

    /// The groups that went, in their order.
    var passed: [[String]] { state.withLock(\.passed) }

    /// Keys whose groups fail.
    var failing: Set<String> {
        get { state.withLock(\.failing) }
        set { state.withLock { $0.failing = newValue } }
    }

    func pass(_ group: [Gathering.Write]) async -> [Gathering.Outcome] {
        let keys = group.map(\.key)
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                state.arrived += 1
                if !state.isOpen { state.waiting.append((keys, continuation)) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
        return state.withLock { state in
            state.passed.append(keys)
            let fails = !state.failing.isDisjoint(with: keys)
            return keys.map { _ in fails ? .failure(.notDone(.busy)) : .success(()) }
        }
    }

    func waitFor(_ count: Int) async throws {
        try await poll(until: "\(count) groups went") { state.withLock { $0.arrived >= count } }
    }

    func open(one keys: [String]) {
        let found = state.withLock { state in
            state.waiting.firstIndex { $0.keys == keys }.map { state.waiting.remove(at: $0) }
        }
        found?.continuation.resume()
    }

    func open() {
        let all = state.withLock { state in
            defer { state.waiting = [] }
            state.isOpen = true
            return state.waiting
        }
        for one in all { one.continuation.resume() }
    }
}

extension Gathering {
    fileprivate func waitFor(_ count: Int) async throws {
        try await poll(until: "\(count) writes wait") { waitingCount == count }
    }
}

extension Result {
    fileprivate var failure: Failure? {
        if case .failure(let failure) = self { return failure }
        return nil
    }
}
