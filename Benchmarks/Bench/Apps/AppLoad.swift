import ADO
import ADOApps
import ADOObjects
import MultiPaxos
import Synchronization

/// Clients of an application, each with a connection of its own and its share of what is in flight.
final class AppLoad: Load {
    private struct Client: Sendable {
        let node: Node
        /// Each has one operation in flight.
        let workers: [any AppWorker]
        let recorder: Recorder
    }

    private struct State: Sendable {
        var isStopped = false
        var tasks: [Task<Void, Never>] = []
    }

    let gaps = GapTracker()
    private let clients: [Client]
    private let state = Mutex(State())
    private let running = Tally()
    private let ended = Tally()

    var recorders: [Recorder] { clients.map(\.recorder) }

    private init(_ clients: [Client]) { self.clients = clients }

    /// Connects every client.
    static func open(
        _ options: RunOptions, _ connection: NodeOptions, object: String, values: Values
    ) async throws(BenchError) -> AppLoad {
        let history = AppHistory(keys: values.keys)
        let shared = CommitTally()
        var clients: [Client] = []
        do {
            for number in 0..<options.clients {
                let node = try Node.start(connection)
                let workers = options.workers(
                    number, node, object: object, values: values, history: history,
                    tally: options.sharesObjects ? shared : CommitTally())
                clients.append(Client(node: node, workers: workers, recorder: Recorder()))
            }
        } catch {
            for client in clients { await client.node.shutdown() }
            throw BenchError("client \(clients.count + 1) did not start: \(error)")
        }
        return AppLoad(clients)
    }

    func start() {
        let tasks = clients.flatMap { client in
            client.workers.map { worker in
                running.add()
                return Task {
                    await self.work(client, worker)
                    self.ended.add()
                }
            }
        }
        state.withLock { $0.tasks = tasks }
    }

    private func work(_ client: Client, _ worker: any AppWorker) async {
        var number = 0
        while !state.withLock({ $0.isStopped }) {
            number += 1
            let start = monotonicNow()
            let answer = await worker.work(number)
            let now = monotonicNow()
            client.recorder.record(at: now) { recorder in
                switch answer {
                case .done: recorder.acknowledged(nanoseconds: now - start)
                case .refused: recorder.failed()
                case .unknown: recorder.unknown()
                }
            }
            if answer == .done { gaps.acknowledged(at: now) }
        }
    }

    func tick() {}

    func drain(seconds: Double) async -> Int {
        state.withLock { $0.isStopped = true }
        let deadline = monotonicNow() + UInt64(seconds * 1e9)
        // Looked at now and then: a client that hangs must not keep the report from being written.
        while ended.value < running.value, monotonicNow() < deadline {
            try? await Task.sleep(for: .milliseconds(10))
        }
        return running.value - ended.value
    }

    func evidence() -> [Evidence] { [] }

    /// What is wrong, or cannot be said, over all clients.
    func findings() async -> [AppFinding] {
        var findings: [AppFinding] = []
        for worker in clients.flatMap(\.workers) {
            if let finding = await worker.finding() { findings.append(finding) }
        }
        return findings
    }

    func close() async {
        for task in state.withLock({ $0.tasks }) { task.cancel() }
        for client in clients { await client.node.shutdown() }
    }
}

extension RunOptions {
    /// What a client of the application does at once.
    fileprivate func workers(
        _ number: Int, _ node: Node, object: String, values: Values, history: AppHistory,
        tally: CommitTally
    ) -> [any AppWorker] {
        // Clients that do not contend have objects of their own.
        let object = sharesObjects ? object : "\(object).\(number)"
        if let placement = workload.placement {
            var options = TwoPhaseCommit.Options()
            options.placement = placement
            let names = ["a", "b", "c"].map { "\(object).\($0)" }
            let manager = TwoPhaseCommit(over: names, on: node, options: options)
            return [CommitWorker(names: names, manager: manager, node: node, tally: tally)]
        }
        let store = store(object, node)
        return (0..<inFlightPerClient).map { lane in
            StoreWorker(
                number: number * inFlightPerClient + lane,
                space: sharesObjects ? "" : "\(number):",
                judges: lane == 0 && (number == 0 || !sharesObjects),
                isLast: number == clients - 1, store: store, values: values, history: history)
        }
    }

    private func store(_ object: String, _ node: Node) -> StoreWorker.Store {
        if workload == .keyValue { return .plain(node.object(named: object)) }
        guard let policy = workload.policy else {
            return .free(KVLockFree(named: object, on: node))
        }
        var options = KVLock.Options()
        options.policy = policy
        return .locked(KVLock(named: object, on: node, options: options))
    }
}
