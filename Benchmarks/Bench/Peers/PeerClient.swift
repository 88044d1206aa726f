import Foundation
import Synchronization

/// One client of a peer: a connection with a thread of its own, and the loop of every other load.
///
/// Whoever brings answers submits as many new calls as there is room for, or are due, in one batch.
final class PeerClient: Sendable {
    fileprivate struct State: Sendable {
        var loop: OperationLoop
        var wire: any PeerWire
        var file: Int32 = -1
        var input: [UInt8] = []
        var output: [UInt8] = []
        var isStarted = false
        var isClosed = false
        var isGone = false
        var failure: WireFailure?
    }

    /// From 0.
    let number: Int
    let recorder = Recorder()
    private let values: Values
    private let port: UInt16
    private let gaps: GapTracker
    private let state: Mutex<State>
    private let wake = Wake()

    init(
        _ number: Int, port: UInt16, wire: any PeerWire, loop: OperationLoop, values: Values,
        gaps: GapTracker
    ) {
        self.number = number
        self.port = port
        self.values = values
        self.gaps = gaps
        state = Mutex(State(loop: loop, wire: wire))
        Thread.detachNewThread { [self] in serve() }
    }

    /// Opens at most so many calls over all, and starts with as many as fit.
    func start(atMost limit: UInt64 = .max) {
        state.withLock {
            $0.loop.open(atMost: limit)
            $0.isStarted = true
        }
        wake.signal()
    }

    /// Opens calls when they are due, and no others.
    func start(_ arrivals: Arrivals) {
        state.withLock { $0.loop.arrivals = arrivals }
        start()
    }

    /// Submits what is due.
    ///
    /// - Returns: when the next call is due; never in a closed loop.
    func pace(_ now: UInt64) -> UInt64 {
        state.withLock { state in
            guard state.loop.arrivals != nil else { return .max }
            recorder.record(at: now) { fill(&state, now, &$0) }
            return state.loop.arrivals?.nextDue ?? .max
        }
    }

    func hurry(_ factor: Double) { state.withLock { $0.loop.arrivals?.hurry(factor) } }

    /// Calls that are due and were not submitted.
    var waiting: Int { state.withLock { $0.loop.arrivals?.waiting ?? 0 } }

    func stop() { state.withLock { $0.loop.stop() } }

    var isDrained: Bool { state.withLock { $0.isGone || $0.loop.isDrained } }

    var isIdle: Bool {
        state.withLock { $0.loop.isDrained && $0.loop.room == 0 && !$0.loop.needsTick }
    }

    /// Writes whose fate is unknown now.
    var openCount: Int { state.withLock { $0.isGone ? $0.loop.underWay : $0.loop.openCount } }

    /// What the peer said that is none of its protocol.
    var failure: WireFailure? { state.withLock { $0.failure } }

    /// Uses the slots that rest.
    func tick() {
        let now = monotonicNow()
        state.withLock { state in
            guard state.loop.needsTick, !state.isGone else { return }
            _ = state.loop.tick()
            recorder.record(at: now) { fill(&state, now, &$0) }
        }
    }

    func evidence() -> Evidence.Session {
        state.withLock { state in
            Evidence.Session(
                client: number, ledger: state.loop.ledger, attempts: state.loop.attempts,
                reads: state.loop.reads)
        }
    }

    /// Is gone at once: no call is settled, no answer is heard any more.
    ///
    /// - Returns: how many calls were under way.
    func crash() -> Int {
        defer { close() }
        return state.withLock { state in
            state.isGone = true
            state.loop.stop()
            return state.loop.underWay
        }
    }

    func close() {
        state.withLock { $0.isClosed = true }
        wake.signal()
    }
}

// MARK: - On the thread of the connection

extension PeerClient {
    private static let patience: Int32 = 10

    private func serve() {
        var buffer = [UInt8](repeating: 0, count: 1 << 17)
        while true {
            let (file, isOver, forRoom) = state.withLock {
                ($0.file, $0.isClosed || $0.failure != nil, !$0.output.isEmpty)
            }
            if isOver { break }
            if file < 0, !connect() {
                PeerSocket.wait(-1, forRoom: false, wake: wake, milliseconds: Self.patience)
                continue
            }
            if file >= 0 {
                PeerSocket.wait(file, forRoom: forRoom, wake: wake, milliseconds: 1000)
            }
            turn(&buffer)
        }
        state.withLock { if $0.file >= 0 { Glibc.close($0.file) } }
    }

    private func connect() -> Bool {
        guard let file = PeerSocket.connect(port) else { return false }
        state.withLock { state in
            state.file = file
            state.wire.begin()
            state.input.removeAll()
            state.output.removeAll()
        }
        return true
    }

    /// Takes what has come, and submits what there is room for.
    private func turn(_ buffer: inout [UInt8]) {
        var acknowledged = false
        let now = state.withLock { state in
            let isWhole = PeerSocket.receive(state.file, &state.input, &buffer)
            let now = monotonicNow()
            recorder.record(at: now) { recorder in
                var replies = taken(&state)
                if !isWhole || state.failure != nil { replies += lose(&state) }
                for reply in replies where !state.isGone {
                    let reception = settle(reply, &state.loop, now)
                    recorder.count(reception)
                    if case .acknowledged = reception, !reply.isRead { acknowledged = true }
                }
                // What is opened now comes after what was answered, and must be seen to.
                fill(&state, max(monotonicNow(), now + 1), &recorder)
            }
            return now
        }
        if acknowledged { gaps.acknowledged(at: now) }
    }

    private func taken(_ state: inout State) -> [PeerReply] {
        do throws(WireFailure) {
            return try state.wire.take(from: &state.input)
        } catch {
            state.failure = error
            return []
        }
    }

    private func lose(_ state: inout State) -> [PeerReply] {
        Glibc.close(state.file)
        state.file = -1
        return state.wire.abandon()
    }

    private func settle(
        _ reply: PeerReply, _ loop: inout OperationLoop, _ now: UInt64
    ) -> OperationLoop.Reception {
        // A peer names no index: one stands for all, and nothing is judged by it.
        if reply.isRead {
            return loop.receivedRead(
                reply.number, reply.answer, index: 1, witness: reply.witness, now: now)
        }
        return loop.receivedWrite(
            reply.number, reply.answer, index: 1, witness: reply.witness, now: now)
    }

    private func fill(
        _ state: inout State, _ now: UInt64, _ recorder: inout Recorder.State
    ) {
        if let due = state.loop.arrivals?.advance(to: now) {
            recorder.offered(due.offered, due.shed)
        }
        guard state.file >= 0, state.isStarted, !state.isGone, state.failure == nil else { return }
        let room = state.loop.room
        if room > 0 {
            let writes = state.loop.writes(amongNext: room)
            for _ in 0..<writes { open(isRead: false, &state, now, &recorder) }
            for _ in writes..<room { open(isRead: true, &state, now, &recorder) }
            state.wire.endBatch(to: &state.output)
        }
        guard !state.output.isEmpty else { return }
        // A broken connection is noticed where its answers are missed.
        _ = PeerSocket.send(state.file, &state.output)
        if !state.output.isEmpty { wake.signal() }
    }

    private func open(
        isRead: Bool, _ state: inout State, _ now: UInt64, _ recorder: inout Recorder.State
    ) {
        let request = isRead ? state.loop.openRead(now: now) : state.loop.openWrite(now: now)
        recorder.submitted(late: now &- state.loop.lastDue)
        let id = Values.id(client: number, request: request)
        let key = isRead ? values.readKeyIndex(of: id) : values.keyIndex(of: id)
        state.wire.append(
            PeerCall(
                number: request, key: values.keys[key], value: isRead ? nil : values.value(of: id)),
            to: &state.output)
    }
}
