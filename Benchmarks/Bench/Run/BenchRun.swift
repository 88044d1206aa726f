import ADO
import ADOObjects
import Foundation
import MultiPaxos

/// One run: servers, load, fault, proof, report.
struct BenchRun<Object: LoadedObject>: Sendable {
    let options: RunOptions
    let servers: Servers
    let progress: Progress
    let values: Values

    init(_ options: RunOptions, _ servers: Servers, _ progress: Progress) {
        self.options = options
        self.servers = servers
        self.progress = progress
        values = Values(
            keys: options.workload == .counter ? 1 : options.keys, valueBytes: options.valueBytes,
            preload: options.workload.needsPreload ? options.keys : 0,
            distribution: options.distribution, pattern: options.workload.pattern,
            clients: options.clients)
    }

    /// What the load left behind.
    struct Loaded: Sendable {
        var report: RunReport
        /// Of each object.
        var evidence: [Evidence]
        var measured: MeasuredTime
        var strike: FaultInjector.Strike?
        /// The number of the log of the loaded object; nil if no server knows it.
        var group: UInt64?
        /// The ballot of an application that the servers had promised at the end.
        var promised: Ballot?
        /// Where windows took turns, those of which the report has the picture.
        var shown: Range<Int>?
    }

    func run() async throws(BenchError) -> RunReport {
        let control = try await connect()
        let result: Result<RunReport, BenchError>
        do throws(BenchError) {
            result = .success(try await run(control))
        } catch {
            result = .failure(error)
        }
        await control.node.shutdown()
        return try result.get()
    }

    private func run(_ control: Control) async throws(BenchError) -> RunReport {
        try await control.waitUntilServing(seconds: 20) { () throws(BenchError) in
            try servers.checkAlive()
        }
        var loaded = try await options.embeddedOwner ? own(control) : serve(control)
        await prove(&loaded, control)
        readCourse(&loaded)
        if let shown = loaded.shown { loaded.report.show(only: shown) }
        return loaded.report
    }

    /// The load of clients, whose calls the servers propose.
    private func serve(_ control: Control) async throws(BenchError) -> Loaded {
        let fleet = try await Fleet<Object>.open(
            options, connection(),
            objects: (0..<options.objects).map { control.of($0).object.name }, values: values)
        let loaded: Result<Loaded, BenchError>
        do throws(BenchError) {
            try await fleet.preload(values.preload)
            loaded = .success(try await load(fleet, control))
        } catch {
            loaded = .failure(error)
        }
        await fleet.close()
        return try loaded.get()
    }

    /// The load of an owner in this process, which proposes by itself.
    private func own(_ control: Control) async throws(BenchError) -> Loaded {
        let owner = try await EmbeddedOwner<Object>.open(
            options, connection(trace: servers.trace(TraceFiles.generator)),
            object: control.object, values: values)
        let loaded: Result<Loaded, BenchError>
        do throws(BenchError) {
            var done = try await load(owner, control)
            done.report.judgeEmbeddedOwner(
                owner.ballot, promised: done.promised, owner.ending)
            loaded = .success(done)
        } catch {
            loaded = .failure(error)
        }
        await owner.close()
        let done = try loaded.get()
        progress.status("  letting a server take the object over")
        await control.takeOver(reading: Object.read(1, values), seconds: 20)
        return done
    }

    private func connect() async throws(BenchError) -> Control {
        let suffix = String(UInt64.random(in: 0...UInt64.max), radix: 16)
        let object = ObjectName(type: Object.typeName, name: "bench-\(suffix)")
        do {
            let node = try Node.start(connection())
            return Control(node: node, servers: servers.addresses.map(\.node), object: object)
        } catch {
            throw BenchError("no connection to the servers: \(error)")
        }
    }

    func connection(trace: String? = nil) -> NodeOptions {
        var connection = NodeOptions(
            cluster: servers.clusterName,
            voters: servers.addresses.map {
                NodeOptions.Voter(node: $0.node, host: $0.host, port: $0.port)
            })
        connection.recordsOrigins = options.recordsOrigins
        connection.trace = trace
        connection.traceLimit = UInt64(ServerGroup.traceLimit) << 20
        connection.electionTimeout = .milliseconds(options.electionTimeoutMilliseconds)
        connection.callTimeout = .milliseconds(
            options.callTimeoutMilliseconds ?? 5 * options.electionTimeoutMilliseconds)
        return connection
    }
}

// MARK: - Load

extension BenchRun {
    func load(
        _ fleet: some Load, _ control: Control
    ) async throws(BenchError) -> Loaded {
        let events = EventLog(progress)
        let meter = NodeMeter()
        let injector = FaultInjector(
            scenario: options.scenario, control: control, servers: servers, events: events,
            meter: meter, load: fleet, duel: duel(control.object))
        try await injector.prepare()
        fleet.start()
        let most = MeasuredTime(
            start: monotonicNow() + UInt64(options.warmup * 1e9),
            seconds: options.interleaving?.secondsMax ?? options.seconds)
        fleet.begin(most)
        events.begin(most)

        let ticker = Task { await fleet.tick(until: most.end) }
        await sleep(until: most.start)
        let before = await control.statuses()
        let cpuBefore = ownCPUSeconds()
        meter.begin(before, owner: control.owner(in: before)?.node)

        let stretches = Stretches()
        let watcher = Task { await fleet.watch(most, progress, stretches) }
        let struck = await strike(injector, fleet.gaps, most, stretches)
        let measured = struck.measured
        fleet.gaps.close(at: measured.end)
        let openLoad = fleet.openLoad()
        let cpu = ownCPUSeconds() - cpuBefore
        let after = await control.statuses()
        ticker.cancel()
        watcher.cancel()
        await ticker.value
        progress.status("  settling what is in doubt")
        let unsettled = await fleet.drain(seconds: 10)
        var timeline = await watcher.value
        fleet.collect(into: &timeline, all: true)

        var report = emptyReport()
        report.config.seconds = measured.seconds
        report.nodes = meter.figures(after, seconds: measured.seconds)
        report.client.cpu_s = cpu
        report.open_load = openLoad
        report.unsettled = UInt64(unsettled)
        report.fill(timeline, fleet.latency(), measured)
        report.events = events.events
        report.judgeOwner(options, control, before, after, struck.strike)
        var loaded = Loaded(
            report: report, evidence: fleet.evidence(), measured: measured,
            strike: try? struck.strike.get(), group: control.group(in: after),
            promised: control.clientBallot(in: after))
        loaded.fill(struck.taken, options, stretches, fleet.gaps)
        // Who was killed rightly stays dead where something went wrong afterwards.
        if case .success = struck.strike { try servers.checkAlive() }
        return loaded
    }

    /// What the scenario did, and how long the measured time was.
    private struct Struck: Sendable {
        var strike: Result<FaultInjector.Strike?, BenchError>
        var taken: Turns.Taken?
        var measured: MeasuredTime
    }

    private func strike(
        _ injector: FaultInjector, _ gaps: GapTracker, _ most: MeasuredTime,
        _ stretches: Stretches
    ) async -> Struck {
        if let interleaving = options.interleaving {
            let turns = Turns(
                interleaving: interleaving, seed: options.pace?.seed ?? 0, injector: injector,
                gaps: gaps, measured: most, stretches: stretches, progress: progress)
            let taken = await turns.take()
            return Struck(
                strike: .success(taken.pairs.first?.strike), taken: taken,
                measured: MeasuredTime(start: most.start, end: monotonicNow()))
        }
        let strike: Result<FaultInjector.Strike?, BenchError>
        do throws(BenchError) {
            strike = .success(try await injector.run(options, most))
        } catch {
            strike = .failure(error)
        }
        await sleep(until: most.end)
        return Struck(strike: strike, taken: nil, measured: most)
    }

    private func duel(_ object: ObjectName) -> Duel {
        Duel(connection: { connection(trace: servers.trace($0)) }) { node in
            (try? await node.pull(object, as: Object.self, timeout: .milliseconds(500))) != nil
        }
    }

    private func emptyReport() -> RunReport {
        var report = RunReport(
            scenario: options.scenario, workload: options.workload,
            config: RunReport.Config(options), machine: .current())
        report.commit = currentCommit()
        report.keys = values.keys.count
        return report
    }
}

// MARK: - Proof

extension BenchRun {
    private func prove(_ loaded: inout Loaded, _ control: Control) async {
        var evidence = loaded.evidence
        let isPlanted = options.plant.map { evidence[0].falsify($0, values) } ?? true
        var outcome = Proof<Object>.Outcome()
        for (position, evidence) in evidence.enumerated() {
            let isFirst = position == 0
            let proof = Proof<Object>(
                control: control.of(position), evidence: evidence, values: values,
                workload: options.workload, plant: isFirst ? options.plant : nil,
                traces: isFirst ? traceFiles : .judgedBefore, objects: options.objects,
                progress: progress)
            let found = await proof.run(convergence: 60)
            if isFirst { outcome = found } else { outcome.add(found) }
        }
        let idle = isPlanted ? nil : "there was nothing that --plant could falsify."
        loaded.report.judge(outcome.verdict, outcome.verification, outcome.incomplete ?? idle)
    }

    private var traceFiles: TraceFiles {
        guard case .own = servers else {
            return .none("the servers of --cluster write no traces that could be read")
        }
        guard options.traces else { return .none("there are no traces, because of --no-trace") }
        var paths = servers.addresses.compactMap { server in
            servers.trace("node-\(server.node)").map { (server.node, $0) }
        }
        if options.embeddedOwner, let path = servers.trace(TraceFiles.generator) {
            paths.append((0, path))
        }
        if options.scenario.trouble == .duel {
            for number in 1...Duel.duellists {
                if let path = servers.trace(Duel.trace(number)) { paths.append((0, path)) }
            }
        }
        return .files(paths)
    }
}
