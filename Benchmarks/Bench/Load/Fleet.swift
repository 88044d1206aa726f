import Histogram
import MultiPaxos

/// All clients of a run.
struct Fleet<Object: LoadedObject>: Load {
    let clients: [LoadClient<Object>]
    let gaps: GapTracker
    let pace: Pace?
    let pacer = Pacer()

    var recorders: [Recorder] { clients.map(\.recorder) }

    /// Connects every client and opens its session.
    static func open(
        _ options: RunOptions, _ connection: NodeOptions, object: String, values: Values
    ) async throws(BenchError) -> Fleet {
        let gaps = GapTracker()
        var clients: [LoadClient<Object>] = []
        do {
            for number in 0..<options.clients {
                let loop = OperationLoop(
                    width: options.inFlightPerClient,
                    writesPercent: options.workload.writesPercent,
                    preload: number == 0 ? values.preload : 0,
                    history: HistoryBound(clients: options.clients))
                clients.append(
                    try await LoadClient.open(
                        number, connection, object: object, values: values, loop: loop,
                        gaps: gaps))
            }
        } catch {
            for client in clients { await client.close() }
            throw BenchError("client \(clients.count + 1) got no session: \(error)")
        }
        return Fleet(clients: clients, gaps: gaps, pace: options.pace)
    }

    /// Writes the keys that are read later, and waits for it.
    func preload(_ count: Int) async throws(BenchError) {
        guard count > 0 else { return }
        clients[0].start(atMost: UInt64(count))
        let deadline = monotonicNow() + 120_000_000_000
        while !clients[0].isIdle {
            guard monotonicNow() < deadline else {
                throw BenchError("writing \(count) keys took over two minutes: lower --keys.")
            }
            clients[0].tick()
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    func start() {
        guard let pace else {
            for client in clients { client.start() }
            return
        }
        let start = monotonicNow()
        for client in clients {
            client.start(pace.arrivals(of: client.number, among: clients.count, start: start))
        }
        pacer.start { [clients] now in clients.map { $0.pace(now) }.min() ?? .max }
    }

    func hurry(_ factor: Double) { for client in clients { client.hurry(factor) } }

    func crashClient() async -> Int { await clients.last?.crash() ?? 0 }

    func openLoad() -> RunReport.OpenLoad? {
        guard let pace else { return nil }
        var load = RunReport.OpenLoad(pace)
        var late = Window.detailedHistogram()
        for client in clients {
            load.waiting_at_end += UInt64(client.waiting)
            load.offered += client.recorder.offered()
            late.add(client.recorder.lateness())
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

    func evidence() -> Evidence {
        var evidence = Evidence()
        for client in clients {
            guard let (session, known) = client.evidence() else { continue }
            evidence.sessions[session] = known
        }
        return evidence
    }

    func close() async { for client in clients { await client.close() } }
}
