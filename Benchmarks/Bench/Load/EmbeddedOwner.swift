import ADO
import MultiPaxos
import Synchronization

/// The load of an application that owns its object: it pulled, invokes here, and pushes.
///
/// While one push is under way, the operations of the next are invoked: half of those in flight
/// each.
final class EmbeddedOwner<Object: LoadedObject>: Load {
    let ballot: Ballot
    let gaps = GapTracker()
    private let recorder = Recorder()
    private let node: Node
    private let object: ObjectName
    private let values: Values
    private let session: UInt64
    private let pushTimeout: Duration
    private let limit: Int
    private let state: Mutex<State>

    private struct State: Sendable {
        var loop: OperationLoop
        /// Until the load starts, which takes it away.
        var branch: OwnBranch<Object>?
        var work: Task<Void, Never>?
        var giveUpAt = UInt64.max
        var unsettled = 0
        /// Why the load ended before it was stopped.
        var ending: String?
    }

    var recorders: [Recorder] { [recorder] }

    /// Why the load ended before it was stopped; nil if it did not.
    var ending: String? { state.withLock { $0.ending } }

    private init(
        _ options: RunOptions, _ connection: NodeOptions, _ node: Node, _ object: ObjectName,
        _ values: Values, _ ballot: Ballot, _ branch: OwnBranch<Object>
    ) {
        self.node = node
        self.object = object
        self.values = values
        self.ballot = ballot
        session = branch.session
        pushTimeout = connection.callTimeout
        limit = max(1, options.inFlight / 2)
        state = Mutex(
            State(
                loop: OperationLoop(
                    width: options.inFlight, writesPercent: 100,
                    history: HistoryBound(clients: 1)), branch: branch))
    }

    /// Connects and pulls the object.
    static func open(
        _ options: RunOptions, _ connection: NodeOptions, object: ObjectName, values: Values
    ) async throws(BenchError) -> EmbeddedOwner {
        let node: Node
        do {
            node = try Node.start(connection)
        } catch {
            throw BenchError("no connection to the servers: \(error)")
        }
        do throws(BenchError) {
            let pulled = try await pull(object, node, seconds: 20)
            let session = UInt64.random(in: 1...UInt64.max)
            guard let branch = OwnBranch(pulled, session: session) else {
                throw BenchError("the object is not new: somebody else loads the cluster.")
            }
            return EmbeddedOwner(options, connection, node, object, values, pulled.ballot, branch)
        } catch {
            await node.shutdown()
            throw error
        }
    }

    /// A node that was just started knows nobody yet, so one attempt is not enough.
    private static func pull(
        _ object: ObjectName, _ node: Node, seconds: Double
    ) async throws(BenchError) -> Pulled<Object> {
        let deadline = monotonicNow() + UInt64(seconds * 1e9)
        while true {
            do throws(PullFailure) {
                return try await node.pull(object, as: Object.self, timeout: .seconds(2))
            } catch {
                guard monotonicNow() < deadline else {
                    throw BenchError("the generator cannot pull the object: \(error).")
                }
                try? await Task.sleep(for: .milliseconds(25))
            }
        }
    }
}

// MARK: - Load

extension EmbeddedOwner {
    func start() {
        state.withLock { state in
            guard let branch = state.branch else { return }
            state.branch = nil
            state.work = Task { await self.run(branch) }
        }
    }

    /// Nothing rests and nothing is submitted again: a push goes on until it is settled.
    func tick() {}

    func drain(seconds: Double) async -> Int {
        let deadline = monotonicNow() + UInt64(seconds * 1e9)
        let work = state.withLock { state in
            state.loop.stop()
            state.giveUpAt = deadline
            return state.work
        }
        await work?.value
        return state.withLock { $0.unsettled }
    }

    func evidence() -> [Evidence] {
        let ledger = state.withLock { $0.loop.ledger }
        var evidence = Evidence()
        evidence.sessions[session] = Evidence.Session(client: 0, ledger: ledger, attempts: [:])
        return [evidence]
    }

    func close() async {
        let work = state.withLock { state in
            state.loop.stop()
            state.giveUpAt = 0
            return state.work
        }
        await work?.value
        node.release(object, ballot: ballot)
        await node.shutdown()
    }
}

// MARK: - Pushing

extension EmbeddedOwner {
    /// How a push ended.
    private enum Pushed {
        /// Everything, and the log ends here: nothing is sent before this is known.
        case committed(through: UInt64)
        /// None of it was sent.
        case refused(String)
        /// It may be committed or not.
        case inDoubt(String)
    }

    private func run(_ branch: OwnBranch<Object>) async {
        var branch = branch
        var next = invoke(on: &branch)
        while !next.operations.isEmpty {
            let batch = next
            async let pushed = push(batch)
            next = invoke(on: &branch)
            let result = await pushed
            settle(batch, result)
            guard case .committed = result else {
                settle(next, .refused("the push before it failed"))
                return
            }
            if next.operations.isEmpty { next = invoke(on: &branch) }
        }
    }

    private func invoke(on branch: inout OwnBranch<Object>) -> OwnBatch {
        let now = monotonicNow()
        return state.withLock { state in
            branch.invoke(limit, &state.loop, values, now: now)
        }
    }

    /// Pushes a batch, and goes on until it is settled or hopeless.
    private func push(_ batch: OwnBatch) async -> Pushed {
        var isSent = false
        while true {
            let report = await node.push(
                object, ballot: ballot, entries: isSent ? [] : batch.bytes,
                count: isSent ? 0 : batch.count, timeout: pushTimeout)
            switch report {
            case .committed(let through):
                return .committed(through: through)
            case .partial, .unknown:
                if !isSent { doubt(batch) }
                isSent = true
            case .busy:
                try? await Task.sleep(for: .milliseconds(1))
            case .preempted(let by):
                if !isSent { doubt(batch) }
                return .inDoubt("node \(by.node) took the object over, with ballot \(by).")
            case .stale, .storageFull, .tooLarge, .closed:
                let reason = "a push of the generator was refused: \(report)."
                return isSent ? .inDoubt(reason) : .refused(reason)
            }
            guard monotonicNow() < state.withLock({ $0.giveUpAt }) else {
                let reason = "the last push was not settled in time: \(report)."
                return isSent ? .inDoubt(reason) : .refused(reason)
            }
        }
    }

    private func doubt(_ batch: OwnBatch) {
        recorder.record(at: monotonicNow()) { recorder in
            for _ in batch.operations { recorder.unknown() }
        }
    }

    private func settle(_ batch: OwnBatch, _ pushed: Pushed) {
        let now = monotonicNow()
        state.withLock { state in
            switch pushed {
            case .committed(let through):
                recorder.record(at: now) { acknowledge(batch, through, &state.loop, &$0, now) }
            case .refused(let reason):
                state.ending = state.ending ?? reason
                recorder.record(at: now) { refuse(batch, &state.loop, &$0, now) }
            case .inDoubt(let reason):
                state.ending = state.ending ?? reason
                state.unsettled += batch.operations.count
            }
        }
        if case .committed = pushed { gaps.acknowledged(at: now) }
    }

    private func acknowledge(
        _ batch: OwnBatch, _ last: UInt64, _ loop: inout OperationLoop,
        _ recorder: inout Recorder.State, _ now: UInt64
    ) {
        for (position, operation) in batch.operations.enumerated() {
            let index = batch.index(at: position, through: last)
            recorder.count(
                loop.receivedWrite(
                    operation.request, operation.answer, index: index,
                    witness: operation.witness, now: now))
        }
    }

    private func refuse(
        _ batch: OwnBatch, _ loop: inout OperationLoop, _ recorder: inout Recorder.State,
        _ now: UInt64
    ) {
        for operation in batch.operations {
            recorder.count(
                loop.receivedWrite(operation.request, .refused, index: 0, witness: 0, now: now))
        }
    }
}
