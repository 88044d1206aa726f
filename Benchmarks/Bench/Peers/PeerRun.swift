import Foundation

/// One run against a peer: servers, the load, a fault, what is read back, and the report.
struct PeerRun: Sendable {
    let options: RunOptions
    let servers: PeerServers
    let progress: Progress
    let values: Values

    init(_ options: RunOptions, _ servers: PeerServers, _ progress: Progress) {
        self.options = options
        self.servers = servers
        self.progress = progress
        values = Values(
            keys: options.keys, valueBytes: options.valueBytes,
            preload: options.workload.needsPreload ? options.keys : 0,
            distribution: options.distribution)
    }

    func run() async throws(BenchError) -> RunReport {
        try servers.start()
        try await servers.waitUntilReady(seconds: 30)
        let fleet = PeerFleet(options, values, port: servers.loadPort) { wire() }
        let result: Result<RunReport, BenchError>
        do throws(BenchError) {
            try await fleet.preload(values.preload)
            result = .success(try await load(fleet))
        } catch {
            result = .failure(error)
        }
        await fleet.close()
        return try result.get()
    }

    private func wire(keepsValues: Bool = false) -> any PeerWire {
        let timeout = PeerSettings(options).callTimeout
        return switch servers.peer {
        case .redis: RedisWire(values, keepsValues: keepsValues)
        case .redisWait:
            RedisWire(values, replicas: 1, timeout: timeout, keepsValues: keepsValues)
        case .etcd: EtcdWire(values, keepsValues: keepsValues)
        }
    }

    private func load(_ fleet: PeerFleet) async throws(BenchError) -> RunReport {
        let events = EventLog(progress)
        let meter = PeerMeter(servers)
        let injector = PeerInjector(
            scenario: options.scenario, servers: servers, load: fleet, events: events,
            meter: meter)
        fleet.start()
        let measured = MeasuredTime(
            start: monotonicNow() + UInt64(options.warmup * 1e9), seconds: options.seconds)
        fleet.begin(measured)
        events.begin(measured)
        let ticker = Task { await fleet.tick(until: measured.end) }
        await sleep(until: measured.start)
        let before = await servers.leader()
        meter.begin()
        let cpuBefore = ownCPUSeconds()

        async let timeline = fleet.watch(measured, progress)
        let strike: Result<PeerInjector.Strike?, BenchError>
        do throws(BenchError) {
            strike = .success(try await injector.run(options, measured))
        } catch {
            strike = .failure(error)
        }
        await sleep(until: measured.end)
        fleet.gaps.close(at: measured.end)
        let openLoad = fleet.openLoad()
        let cpu = ownCPUSeconds() - cpuBefore
        let after = await servers.leader()
        let processes = meter.figures(leader: before?.node)
        await ticker.value
        progress.status("  settling what is in doubt")
        let unsettled = await fleet.drain(seconds: 10)
        var finished = await timeline
        fleet.collect(into: &finished, all: true)
        if case .success = strike { try servers.checkAlive() }

        var report = emptyReport(processes)
        report.client.cpu_s = cpu
        report.open_load = openLoad
        report.unsettled = UInt64(unsettled)
        report.fill(finished, fleet.latency(), measured)
        report.fillPeerFigures()
        report.events = events.events
        let struck = try? strike.get()
        report.fillGaps(fleet.gaps, measured, struck?.times)
        report.fillRecovery(measured, struck?.times)
        report.judgeLeader(options, servers.peer, before, after, strike, fleet.failure)
        await prove(&report, fleet.history())
        return report
    }

    private func emptyReport(_ processes: [PeerFacts.Process]) -> RunReport {
        var report = RunReport(
            scenario: options.scenario, workload: options.workload,
            config: RunReport.Config(options), machine: .current())
        report.mode = "peer"
        report.protocolName = servers.peer.rawValue
        report.commit = currentCommit()
        report.keys = values.keys.count
        report.peer = PeerFacts(
            name: servers.peer, version: servers.version, arguments: servers.arguments(1),
            election_timeout: servers.peer.failsOver
                ? (options.equalTimeouts ? "equal" : "shipped") : nil,
            election_timeout_ms: servers.peer.failsOver
                ? PeerSettings(options).electionTimeout ?? PeerSettings.shippedElectionTimeout
                : nil,
            processes: processes,
            limits: servers.peer.limits
                + PeerFacts.limits(of: processes, overSeconds: options.seconds))
        report.config.election_timeout_ms = report.peer?.election_timeout_ms ?? 0
        return report
    }
}

// MARK: - What is there at the end

extension PeerRun {
    private func prove(_ report: inout RunReport, _ evidence: Evidence) async {
        let start = monotonicNow()
        var evidence = evidence
        var verdict = Verdict()
        var verification = Verification()
        verification.acknowledged = evidence.acknowledged
        verification.not_judged = report.peer?.limits ?? []
        progress.status("  reading every key back")
        guard var last = await readBack() else {
            report.judge(verdict, verification, "not every key could be read back at the end.")
            return
        }
        report.peer?.keys_read = last.count
        var isPlanted = true
        switch options.plant {
        case .loss: isPlanted = ReadBack.Last.plantLoss(&last, evidence)
        case .some(let plant): isPlanted = evidence.falsify(plant, values)
        case nil: break
        }
        var judge = ReadBack(evidence, values, last: last)
        let found = judge.run()
        verdict.acked_lost = found.lost
        verification.offences = found.findings.offences.map { "\($0.kind.rawValue): \($0.detail)" }
        let search = SampledSearch(
            evidence: evidence, values: values, model: KeyModel(isCounter: false)
        ).run()
        verification.searched = Verification.Searched(
            keys: search.keys, operations: search.operations, undecided: search.undecided)
        verification.offences += search.violations
        verdict.linearizable = search.violations.isEmpty ? .incomplete : .fails
        verification.not_judged.append(
            "linearizable: only \(search.keys) keys were searched, as there is no log to go by")
        verification.seconds = Double(monotonicNow() - start) / 1e9
        report.judge(
            verdict, verification,
            isPlanted ? nil : "there was nothing that --plant could falsify.")
    }

    private func readBack() async -> [ReadBack.Last]? {
        var last: [ReadBack.Last] = []
        let step = 500
        for start in stride(from: 0, to: values.keys.count, by: step) {
            let keys = values.keys[start..<min(start + step, values.keys.count)]
            guard let some = await read(Array(keys)) else { return nil }
            last += some
        }
        return last
    }

    /// Reads so many keys on a connection of their own; tries again for a while.
    private func read(_ keys: [String]) async -> [ReadBack.Last]? {
        for _ in 0..<20 {
            var wire = wire(keepsValues: true)
            var output: [UInt8] = []
            for (position, key) in keys.enumerated() {
                wire.append(PeerCall(number: UInt64(position), key: key), to: &output)
            }
            var found: [UInt64: ReadBack.Last] = [:]
            let isDone: Bool? = await PeerQuestion.ask(
                servers.loadPort, output, milliseconds: 10_000
            ) { bytes in
                guard let replies = try? wire.take(from: &bytes) else { return false }
                for reply in replies {
                    guard reply.answer == .done else { return false }
                    found[reply.number] = last(reply)
                }
                return found.count == keys.count ? true : nil
            }
            if isDone == true { return keys.indices.compactMap { found[UInt64($0)] } }
            try? await Task.sleep(for: .milliseconds(250))
        }
        return nil
    }

    private func last(_ reply: PeerReply) -> ReadBack.Last {
        guard reply.value != nil else { return .nothing }
        return reply.witness == .max ? .garbage : .writer(reply.witness)
    }
}
