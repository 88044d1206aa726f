import Histogram

/// All clients of a run against a peer.
struct PeerFleet: Load {
    let clients: [PeerClient]
    let gaps: GapTracker
    let pace: Pace?
    private let pacer = Pacer()

    var recorders: [Recorder] { clients.map(\.recorder) }

    init(
        _ options: RunOptions, _ values: Values, port: UInt16, wire: () -> any PeerWire
    ) {
        let gaps = GapTracker()
        self.gaps = gaps
        pace = options.pace
        clients = (0..<options.clients).map { number in
            let loop = OperationLoop(
                width: options.inFlightPerClient, writesPercent: options.workload.writesPercent,
                preload: number == 0 ? values.preload : 0,
                history: HistoryBound(clients: options.clients))
            return PeerClient(
                number, port: port, wire: wire(), loop: loop, values: values, gaps: gaps)
        }
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

    func crashClient() async -> Int { clients.last?.crash() ?? 0 }

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

    func evidence() -> [Evidence] { [history()] }

    /// What is known of every request to the one map of keys that there is.
    func history() -> Evidence {
        var evidence = Evidence()
        for client in clients { evidence.sessions[UInt64(client.number + 1)] = client.evidence() }
        return evidence
    }

    /// The first thing that a client did not understand.
    var failure: WireFailure? { clients.lazy.compactMap(\.failure).first }

    func close() async { for client in clients { client.close() } }
}
