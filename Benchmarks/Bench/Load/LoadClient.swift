import ADO
import MultiPaxos
import Synchronization

/// One client of one object: a session over the client's connection, and a loop.
///
/// Each batch of answers settles what it answers and submits as many new operations as there is
/// room for, or are due, on the loop thread that brought it.
final class LoadClient<Object: LoadedObject>: Sendable {
    /// From 0.
    let number: Int
    /// From 0.
    let object: Int
    private let values: Values
    private let loop: Mutex<OperationLoop>
    private let pipeline = Mutex<Pipeline<Object>?>(nil)
    /// That of the connection: its objects share the windows.
    let recorder: Recorder
    private let gaps: GapTracker
    private let isGone = Mutex(false)

    private init(
        _ number: Int, _ object: Int, _ recorder: Recorder, _ values: Values,
        _ loop: OperationLoop, _ gaps: GapTracker
    ) {
        self.number = number
        self.object = object
        self.recorder = recorder
        self.values = values
        self.loop = Mutex(loop)
        self.gaps = gaps
    }

    /// Opens a session with an object over a connection that exists.
    static func open(
        _ number: Int, on connection: Fleet<Object>.Connection,
        object: (position: Int, name: String),
        values: Values, loop: OperationLoop, gaps: GapTracker
    ) async throws -> LoadClient {
        let client = LoadClient(
            number, object.position, connection.recorder, values, loop, gaps)
        let pipeline = try await Pipeline.open(
            Object.self, named: object.name, on: connection.node,
            capacity: RunOptions.inFlightPerClientMax, keepsFailed: true, timeout: .seconds(20)
        ) { pipeline, replies in client.received(replies, pipeline) }
        client.pipeline.withLock { $0 = pipeline }
        return client
    }

    /// Opens at most so many operations over all, and starts with as many as fit.
    func start(atMost limit: UInt64 = .max) {
        loop.withLock { $0.open(atMost: limit) }
        kick()
    }

    /// Opens operations when they are due, and no others.
    func start(_ arrivals: Arrivals) {
        loop.withLock {
            $0.arrivals = arrivals
            $0.open(atMost: .max)
        }
    }

    /// Submits what is due.
    ///
    /// - Returns: when the next operation is due; never in a closed loop.
    func pace(_ now: UInt64) -> UInt64 {
        guard let pipeline = pipeline.withLock({ $0 }) else { return .max }
        return loop.withLock { loop in
            guard loop.arrivals != nil else { return .max }
            recorder.record(at: now) { fill(&loop, pipeline, now, &$0) }
            return loop.arrivals?.nextDue ?? .max
        }
    }

    /// From now on so many times as many operations are due.
    func hurry(_ factor: Double) { loop.withLock { $0.arrivals?.hurry(factor) } }

    /// Operations that are due and were not submitted.
    var waiting: Int { loop.withLock { $0.arrivals?.waiting ?? 0 } }

    /// Opens nothing from now on.
    func stop() { loop.withLock { $0.stop() } }

    /// Whether nothing is in flight and nothing is in doubt.
    var isDrained: Bool { isGone.withLock { $0 } || loop.withLock { $0.isDrained } }

    /// Whether every operation of the limit was opened and settled.
    var isIdle: Bool { loop.withLock { $0.isDrained && $0.room == 0 && !$0.needsTick } }

    /// Requests whose fate is unknown now.
    var openCount: Int {
        let isGone = isGone.withLock { $0 }
        return loop.withLock { isGone ? $0.underWay : $0.openCount }
    }

    /// Retries what is in doubt and uses the slots that rest.
    func tick() {
        guard loop.withLock({ $0.needsTick }), !isGone.withLock({ $0 }) else { return }
        guard let pipeline = pipeline.withLock({ $0 }) else { return }
        let now = monotonicNow()
        loop.withLock { loop in
            retry(&loop, pipeline)
            recorder.record(at: now) { fill(&loop, pipeline, now, &$0) }
        }
    }

    /// What this client knows of its requests; the load must have stopped.
    func evidence() -> (session: UInt64, Evidence.Session)? {
        guard let pipeline = pipeline.withLock({ $0 }) else { return nil }
        return loop.withLock { loop in
            (
                pipeline.session,
                Evidence.Session(
                    client: number, ledger: loop.ledger, attempts: loop.attempts,
                    reads: loop.reads)
            )
        }
    }

    /// Is gone at once: no call is settled, no answer is heard any more.
    ///
    /// - Returns: how many calls were under way.
    func crash() -> Int {
        isGone.withLock { $0 = true }
        pipeline.withLock { $0 }?.close()
        return loop.withLock { loop in
            loop.stop()
            return loop.underWay
        }
    }

    /// Ends the session.
    func close() {
        let pipeline = pipeline.withLock { pipeline in
            defer { pipeline = nil }
            return pipeline
        }
        pipeline?.close()
    }

    private func kick() {
        guard let pipeline = pipeline.withLock({ $0 }) else { return }
        let now = monotonicNow()
        loop.withLock { loop in recorder.record(at: now) { fill(&loop, pipeline, now, &$0) } }
    }
}

// MARK: - On the loop thread

extension LoadClient {
    private func received(_ replies: borrowing Replies, _ pipeline: Pipeline<Object>) {
        let now = monotonicNow()
        var acknowledged = false
        loop.withLock { loop in
            recorder.record(at: now) { recorder in
                for position in 0..<replies.count {
                    let reply = replies[position]
                    let reception = settle(reply, &loop, pipeline, now)
                    recorder.count(reception)
                    if case .acknowledged = reception, !reply.isRead { acknowledged = true }
                }
                // What is opened now comes after what was answered, and must be seen to.
                fill(&loop, pipeline, max(monotonicNow(), now + 1), &recorder)
            }
        }
        guard acknowledged else { return }
        gaps.acknowledged(at: now)
    }

    private func settle(
        _ reply: PipelineReply, _ loop: inout OperationLoop, _ pipeline: Pipeline<Object>,
        _ now: UInt64
    ) -> OperationLoop.Reception {
        let answer = Answer(reply.outcome)
        let witness = answer == .done ? Object.witness(reply.payload, values) : 0
        if reply.isRead {
            return loop.receivedRead(
                reply.number, answer, index: reply.index, witness: witness, now: now)
        }
        let reception = loop.receivedWrite(
            reply.number, answer, index: reply.index, witness: witness, now: now)
        if reception == .refused { pipeline.abandon(reply.number) }
        return reception
    }

    /// Uses every free slot, for as many operations as are due.
    private func fill(
        _ loop: inout OperationLoop, _ pipeline: Pipeline<Object>, _ now: UInt64,
        _ recorder: inout Recorder.State
    ) {
        if let due = loop.arrivals?.advance(to: now) { recorder.offered(due.offered, due.shed) }
        while loop.room > 0 || loop.writesReady > 0 {
            let room = loop.room
            let writes = loop.writes(amongNext: room)
            let sent =
                submitWrites(loop.writesReady + writes, &loop, pipeline, now, &recorder)
                + submitReads(room - writes, &loop, pipeline, now, &recorder)
            if sent == 0 { return }
        }
    }

    private func submitWrites(
        _ count: Int, _ loop: inout OperationLoop, _ pipeline: Pipeline<Object>, _ now: UInt64,
        _ recorder: inout Recorder.State
    ) -> Int {
        guard count > 0 else { return 0 }
        var opened = 0
        do {
            return try pipeline.submit { block in
                while opened < count {
                    let next = Values.id(client: number, request: loop.ledger.last + 1)
                    guard let request = block.append(Object.write(next, values)) else { return }
                    let number = loop.openWrite(now: now)
                    recorder.submitted(late: now &- loop.lastDue)
                    precondition(number == request, "the pipeline numbers its requests otherwise")
                    opened += 1
                }
            }
        } catch {
            loop.takeBackWrites(opened)
            recorder.failed(opened)
            return 0
        }
    }

    private func submitReads(
        _ count: Int, _ loop: inout OperationLoop, _ pipeline: Pipeline<Object>, _ now: UInt64,
        _ recorder: inout Recorder.State
    ) -> Int {
        guard count > 0 else { return 0 }
        var opened = 0
        do {
            return try pipeline.submitReads { block in
                while opened < count {
                    let key = Values.id(client: number, request: loop.lastRead + 1)
                    guard let read = block.append(Object.read(key, values)) else { return }
                    let number = loop.openRead(now: now)
                    recorder.submitted(late: now &- loop.lastDue)
                    precondition(number == read, "the pipeline numbers its reads otherwise")
                    opened += 1
                }
            }
        } catch {
            loop.takeBackReads(opened)
            recorder.failed(opened)
            return 0
        }
    }

    /// Submits again what is in doubt, in runs of numbers that follow each other.
    private func retry(_ loop: inout OperationLoop, _ pipeline: Pipeline<Object>) {
        var rest = loop.tick().sorted()[...]
        while let first = rest.first {
            let run = rest.enumerated().prefix { UInt64($0.offset) + first == $0.element }.count
            let sent =
                (try? pipeline.retry(from: first) { block in
                    for request in rest.prefix(run) {
                        let id = Values.id(client: number, request: request)
                        guard block.append(Object.write(id, values)) != nil else { return }
                    }
                }) ?? 0
            if sent == 0 {
                for request in rest { loop.postponeRetry(request) }
                return
            }
            rest = rest.dropFirst(sent)
        }
    }
}
