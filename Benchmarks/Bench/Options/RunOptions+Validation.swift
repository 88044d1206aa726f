extension RunOptions {
    /// Refuses options that make no sense together.
    ///
    /// - Throws: `BenchError` with status `usage` and what to write instead.
    package func validate() throws(BenchError) {
        try validateLoad()
        try validateTarget()
        try validatePeer()
        try validatePace()
        try validateInterleaving()
        try validateServers()
        try validateEmbeddedOwner()
        try validateApp()
        try validatePlant()
    }

    private func validateApp() throws(BenchError) {
        guard workload.isApp else { return }
        guard !embeddedOwner, plant == nil else {
            throw .usage(
                "--workload \(workload.rawValue) has clients of its own: leave "
                    + "--embedded-owner and --plant out.")
        }
        guard workload.isConcurrent || inFlight <= clients else {
            throw .usage(
                """
                a client of --workload \(workload.rawValue) does one operation after the other: \
                leave --in-flight out, and raise --clients.
                """)
        }
    }

    private func validatePlant() throws(BenchError) {
        if plant == .staleRead && workload != .mixed {
            throw .usage("--plant stale-read needs reads among writes: use --workload mixed.")
        }
        if plant == .fork && !(traces && cluster.isEmpty) {
            throw .usage("--plant fork needs traces: leave --no-trace and --cluster out.")
        }
    }

    private func validateLoad() throws(BenchError) {
        guard valueBytes >= Values.idBytes, valueBytes <= 1_000_000 else {
            throw .usage(
                """
                --value-bytes must be from \(Values.idBytes) to 1000000: a value starts with the \
                \(Values.idBytes) digits that make it unique.
                """)
        }
        guard inFlight >= 1, inFlight <= 65_536 else {
            throw .usage("--in-flight must be from 1 to 65536.")
        }
        guard clients >= 1, clients <= min(inFlight, 256) else {
            throw .usage("--clients must be from 1 to 256 and not over --in-flight.")
        }
        guard (1...1000).contains(objects), objects == 1 || !(embeddedOwner || workload.isApp)
        else {
            throw .usage(
                "--objects must be from 1 to 1000, and is for set, get, mixed, ycsb-* or counter.")
        }
        guard clients * objects <= inFlight else {
            throw .usage(
                "--in-flight must be at least --clients times --objects: one operation of each.")
        }
        guard inFlightPerClient <= Self.inFlightPerClientMax else {
            throw .usage(
                """
                one client keeps at most \(Self.inFlightPerClientMax) operations in flight, as a \
                session remembers that many results: raise --clients or lower --in-flight.
                """)
        }
        guard keys >= 1, keys <= 10_000_000 else {
            throw .usage("--keys must be from 1 to 10000000.")
        }
        guard seconds >= 1, seconds <= 86_400 else {
            throw .usage("--seconds must be from 1 to 86400.")
        }
        guard warmup >= 0, warmup <= 600 else {
            throw .usage("--warmup must be from 0 to 600 seconds.")
        }
        guard repeats >= 1, repeats <= 1000 else {
            throw .usage("--repeat must be from 1 to 1000.")
        }
    }

    private func validateTarget() throws(BenchError) {
        guard target == .pipeline else { return }
        guard scenario == .steady, workload == .set, pace == nil, cluster.isEmpty, plant == nil,
            repeats == 1, clients == 1, objects == 1, !embeddedOwner
        else {
            throw .usage(
                """
                --target pipeline has neither objects nor clients: give it --in-flight, \
                --value-bytes, --seconds, --warmup, --data and --json alone.
                """)
        }
    }

    private func validatePeer() throws(BenchError) {
        guard let peer = target.peer else {
            guard !equalTimeouts, etcdLoad == nil else {
                throw .usage("--equal-timeouts and --etcd-load are for --target etcd.")
            }
            return
        }
        guard peer == .etcd || (!equalTimeouts && etcdLoad == nil) else {
            throw .usage("--equal-timeouts and --etcd-load are for --target etcd: leave them out.")
        }
        guard !workload.isApp, workload != .counter, !embeddedOwner, cluster.isEmpty, adod == nil
        else {
            throw .usage(
                """
                --target \(peer.rawValue) starts its own servers and knows keys alone: use \
                --workload set, get, mixed or ycsb-a|b|c, and leave --embedded-owner, --cluster \
                and --adod out.
                """)
        }
        guard objects == 1, interleave == nil, workload != .ycsbD, workload != .ycsbF else {
            throw .usage(
                "--target \(peer.rawValue) has one map of keys: leave --objects, --interleave, "
                    + "and ycsb-d and ycsb-f out.")
        }
        guard plant == nil || plant == .loss || plant == .wrongResult else {
            throw .usage("--target \(peer.rawValue) takes --plant loss and wrong-result alone.")
        }
        guard peer == .redis || replicas >= 2 else {
            throw .usage("--target \(peer.rawValue) needs at least 2 replicas.")
        }
        guard PeerInjector.canRun(scenario, servers) else {
            throw .usage(PeerInjector.refusal(scenario))
        }
        guard scenario.trouble != .clientCrash || clients >= 2 else {
            throw .usage(
                "--scenario \(scenario.name) ends one of several clients: raise --clients.")
        }
        if case .overload = scenario.trouble, pace == nil {
            throw .usage("--scenario \(scenario.name) multiplies a rate: give --rate.")
        }
    }

    private func validatePace() throws(BenchError) {
        guard let pace else { return }
        guard pace.rate >= 1, pace.rate <= 10_000_000 else {
            throw .usage("--rate must be from 1 to 10000000 operations per second.")
        }
        guard pace.waitingMax >= clients, pace.waitingMax <= 10_000_000 else {
            throw .usage("--waiting must be from the number of clients to 10000000 operations.")
        }
        guard !embeddedOwner, !workload.isApp else {
            throw .usage(
                """
                --rate needs clients that submit without waiting: leave --embedded-owner out, and \
                use --workload set, get, mixed or counter.
                """)
        }
    }

    private func validateInterleaving() throws(BenchError) {
        guard let interleave else { return }
        guard interleave >= 1, interleave <= 60, repeats <= 200 else {
            throw .usage("--interleave must be from 1 to 60 seconds, and --repeat at most 200.")
        }
        guard pace != nil, !workload.isApp, !embeddedOwner else {
            throw .usage(
                "--interleave compares windows at one offered rate: give --rate, and --workload "
                    + "set, get, mixed, ycsb-* or counter.")
        }
        guard workload.writesPercent > 0 else {
            throw .usage("--interleave watches for acknowledged writes: use a workload with some.")
        }
        guard scenario.canRepeat else {
            throw .usage(
                "--scenario \(scenario.name) cannot happen again and again in one run: leave "
                    + "--interleave out, and repeat the run with --repeat.")
        }
    }

    private func validateEmbeddedOwner() throws(BenchError) {
        guard embeddedOwner else { return }
        guard scenario == .steady else {
            throw .usage(
                """
                --scenario \(scenario.name) breaks a server that owns the object, and with \
                --embedded-owner none does: leave one of the two out.
                """)
        }
        guard workload.writesPercent == 100 else {
            throw .usage(
                """
                --embedded-owner pushes writes, and reads its own state without them: use \
                --workload set or counter.
                """)
        }
        guard clients == 1 else {
            throw .usage("--embedded-owner is one owner: leave --clients out.")
        }
    }

    private func validateServers() throws(BenchError) {
        guard replicas >= 1, replicas <= 9 else {
            throw .usage("--replicas must be from 1 to 9.")
        }
        guard electionTimeoutMilliseconds >= 10, electionTimeoutMilliseconds <= 60_000 else {
            throw .usage("--election-timeout-ms must be from 10 to 60000.")
        }
        if let quota {
            guard (1...1000).contains(quota), cluster.isEmpty, target == .ado else {
                throw .usage(
                    "--quota must be from 1 to 1000 hundredths of a core, and is for servers that "
                        + "this run starts.")
            }
        }
        try validateScenario()
        guard pids.isEmpty || pids.count == cluster.count else {
            throw .usage("--pids must name one process for each server of --cluster.")
        }
    }

    private func validateScenario() throws(BenchError) {
        guard target.peer == nil else { return }
        guard servers >= scenario.replicasMin else {
            throw .usage(
                """
                --scenario \(scenario.name) needs at least \(scenario.replicasMin) replicas; fewer \
                stop, or say nothing of it.
                """)
        }
        if case .overload = scenario.trouble, pace == nil {
            throw .usage("--scenario \(scenario.name) multiplies a rate: give --rate.")
        }
        if scenario.trouble == .clientCrash, clients < 2 || embeddedOwner || workload.isApp {
            throw .usage(
                "--scenario \(scenario.name) ends one of several clients: raise --clients.")
        }
        if scenario.trouble == .duel, embeddedOwner || workload.isApp {
            throw .usage(
                "--scenario \(scenario.name) takes the object from servers: use set, get or mixed.")
        }
        guard !cluster.isEmpty, scenario.injectsFault else { return }
        switch scenario.trouble {
        case .overload, .clientCrash, .duel: return
        case .pause where !pids.isEmpty: return
        case .pause:
            throw .usage(
                """
                --scenario \(scenario.name) signals servers: give the process ids of --cluster \
                with --pids, in the same order, or leave --cluster out.
                """)
        default:
            throw .usage(
                """
                --scenario \(scenario.name) starts servers, or needs its own links and disks for \
                them: leave --cluster out, or use one that pauses.
                """)
        }
    }
}
