import Histogram
import MultiPaxos

/// All clients of a run, each with a connection of its own and a session with every object.
struct Fleet<Object: LoadedObject>: Load {
    /// What the sessions of one client share.
    struct Connection: Sendable {
        let node: Node
        let recorder = Recorder()
    }

    let connections: [Connection]
    /// One for each client and object, client by client.
    let clients: [LoadClient<Object>]
    let gaps: GapTracker
    let pace: Pace?
    let objects: Int
    let pacer = Pacer()

    var recorders: [Recorder] { connections.map(\.recorder) }

    /// Connects every client and opens its sessions.
    static func open(
        _ options: RunOptions, _ connection: NodeOptions, objects: [String], values: Values
    ) async throws(BenchError) -> Fleet {
        let gaps = GapTracker()
        var connections: [Connection] = []
        var clients: [LoadClient<Object>] = []
        do {
            for number in 0..<options.clients {
                let own = Connection(node: try Node.start(connection))
                connections.append(own)
                for object in objects.enumerated() {
                    clients.append(
                        try await LoadClient.open(
                            number, on: own, object: (object.offset, object.element),
                            values: values, loop: loop(options, number, values), gaps: gaps))
                }
            }
        } catch {
            for client in clients { client.close() }
            for connection in connections { await connection.node.shutdown() }
            throw BenchError("session \(clients.count + 1) could not be opened: \(error)")
        }
        return Fleet(
            connections: connections, clients: clients, gaps: gaps, pace: options.pace,
            objects: objects.count)
    }

    private static func loop(
        _ options: RunOptions, _ number: Int, _ values: Values
    ) -> OperationLoop {
        OperationLoop(
            width: options.inFlightPerClient, writesPercent: options.workload.writesPercent,
            preload: number == 0 ? values.preload : 0,
            pairs: options.workload.pattern == .pairs,
            history: HistoryBound(clients: options.clients * options.objects))
    }

    /// Writes the keys that are read later, and waits for it.
    func preload(_ count: Int) async throws(BenchError) {
        guard count > 0 else { return }
        let writers = clients.filter { $0.number == 0 }
        for writer in writers { writer.start(atMost: UInt64(count)) }
        let deadline = monotonicNow() + 120_000_000_000
        while writers.contains(where: { !$0.isIdle }) {
            guard monotonicNow() < deadline else {
                throw BenchError(
                    "writing \(count) keys of each object took over two minutes: lower --keys.")
            }
            for writer in writers { writer.tick() }
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    func start() {
        guard let pace else {
            for client in clients { client.start() }
            return
        }
        let start = monotonicNow()
        for (position, client) in clients.enumerated() {
            client.start(pace.arrivals(of: position, among: clients.count, start: start))
        }
        pacer.start { [clients] now in clients.map { $0.pace(now) }.min() ?? .max }
    }

    func hurry(_ factor: Double) { for client in clients { client.hurry(factor) } }

    func crashClient() async -> Int {
        guard let last = connections.last else { return 0 }
        let gone = clients.filter { $0.number == connections.count - 1 }
        let calls = gone.reduce(0) { $0 + $1.crash() }
        await last.node.shutdown()
        return calls
    }

    func openLoad() -> RunReport.OpenLoad? {
        guard let pace else { return nil }
        var load = RunReport.OpenLoad(pace)
        var late = Window.detailedHistogram()
        for client in clients {
            load.waiting_at_end += UInt64(client.waiting)
        }
        for recorder in recorders {
            load.offered += recorder.offered()
            late.add(recorder.lateness())
        }
        load.submitted_late_us = RunReport.Latency(late)
        return load
    }

    func tick() { for client in clients { client.tick() } }

    func drain(seconds: Double) async -> Int {
        pacer.stop()
        for client in clients { client.stop() }
        let deadline = monotonicNow() + UInt64(seconds * 1e9)
        while clients.contains(where: { !$0.isDrained }), monotonicNow() < deadline {
            tick()
            try? await Task.sleep(for: .milliseconds(10))
        }
        return clients.reduce(0) { $0 + $1.openCount }
    }

    func evidence() -> [Evidence] {
        var evidence = [Evidence](repeating: Evidence(), count: objects)
        for client in clients {
            guard let (session, known) = client.evidence() else { continue }
            evidence[client.object].sessions[session] = known
        }
        return evidence
    }

    func close() async {
        for client in clients { client.close() }
        for connection in connections { await connection.node.shutdown() }
    }
}
