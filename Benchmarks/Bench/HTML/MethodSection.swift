/// How a report was measured, how to measure it again, and what it cannot show.
struct MethodSection {
    let about: SuiteData.About
    let config: RunReport.Config

    func html() -> String {
        """
        <section>
        <h2>How it was measured</h2>
        <table><tbody>\(rows())</tbody></table>
        <p>Measure it again: <code>\(escaped(about.command))</code></p>
        <h2>What this cannot show</h2>
        <p>All replicas, the clients and the generator share one machine, its cores and its disk, \
        over loopback. So a figure is a property of the machine as much as of the code; a killed \
        server frees its share of the cores for the others; and the latency of a network is \
        missing.</p>
        </section>
        """
    }

    private func rows() -> String {
        let machine = about.machine
        let flush = about.flush_us
        let rows = [
            (
                "machine",
                "\(machine.cores) cores, \(machine.architecture), \(machine.memory_mib) MiB"
            ),
            ("kernel", machine.kernel),
            (
                "disk, a flush of 4 KiB",
                "p50 \(milliseconds(flush.p50)), p90 \(milliseconds(flush.p90)), p99 "
                    + "\(milliseconds(flush.p99)), worst \(milliseconds(flush.max)), measured "
                    + "right before"
            ),
            ("commit", about.commit ?? "unknown"), ("seed", "\(about.seed)"),
            (
                "election timeout T",
                "\(config.election_timeout_ms) ms; a call is unknown after "
                    + "\(config.call_timeout_ms) ms"
            ),
            (
                "servers' share of the cores",
                config.quota_percent.map { "at most \($0) % of one core each" }
                    ?? "as much as there is"
            ),
            (
                "clients",
                "\(config.clients) connection\(config.clients == 1 ? "" : "s"); warm-up of "
                    + "\(tenths(config.warmup_s)) s, not counted"
            ),
        ]
        return rows.map { "<tr><td>\(escaped($0))</td><td class=\"text\">\(escaped($1))</td></tr>" }
            .joined()
    }
}
