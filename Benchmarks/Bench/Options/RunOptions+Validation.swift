extension RunOptions {
    /// Refuses options that make no sense together.
    ///
    /// - Throws: `BenchError` with status `usage` and what to write instead.
    package func validate() throws(BenchError) {
        try validateLoad()
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

    private func validateEmbeddedOwner() throws(BenchError) {
        guard embeddedOwner else { return }
        guard scenario == .steady else {
            throw .usage(
                """
                --scenario \(scenario.rawValue) breaks a server that owns the object, and with \
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
        let servers = cluster.isEmpty ? replicas : cluster.count
        if scenario.injectsFault && servers < 3 {
            throw .usage(
                "--scenario \(scenario.rawValue) needs at least 3 replicas; fewer stop."
            )
        }
        guard !cluster.isEmpty else { return }
        if scenario.injectsFault && pids.isEmpty {
            throw .usage(
                """
                --scenario \(scenario.rawValue) signals a server: give the process ids of \
                --cluster with --pids, in the same order, or leave --cluster out.
                """)
        }
        if scenario == .killOwner || scenario == .killFollower {
            throw .usage(
                """
                --scenario \(scenario.rawValue) restarts the victim, which it cannot for servers \
                that it did not start: leave --cluster out, or use pause-owner.
                """)
        }
        guard pids.isEmpty || pids.count == cluster.count else {
            throw .usage("--pids must name one process for each server of --cluster.")
        }
    }
}
