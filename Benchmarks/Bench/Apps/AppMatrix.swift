import Glibc

/// The applications under every condition, as one table: `adobench apps`.
package struct AppMatrix: Sendable {
    /// Runs of one medium, number of clients and scenario, which are compared with its first.
    private struct Cell {
        var options: RunOptions
        var medium: String
    }

    package var workloads: [Workload] = [.keyValue] + Workload.allCases.filter(\.isPlayed)
    package var clients = [1, 8, 64]
    package var scenarios = [Scenario.steady, .killOwner]
    package var contended = [false, true]
    package var seconds = 3.0
    /// Where files are in memory only; nil: no such runs.
    package var memory: String? = "/dev/shm"
    /// Where files are durable; nil: a temporary directory.
    package var data: String?
    package var isDurable = true
    package var adod: String?

    package init() {}

    /// Runs them all, and prints a row of the table after each.
    package func run() async -> ExitStatus {
        let progress = Progress()
        show(Self.head)
        var status = ExitStatus.proved
        let cells = cells()
        for (number, cell) in cells.enumerated() {
            progress.status("cell \(number + 1) of \(cells.count): \(Self.title(cell))")
            var base: RunReport?
            for workload in [.set] + workloads {
                guard let report = await report(of: workload, cell, progress) else {
                    status = .unusable
                    continue
                }
                if base == nil { base = report }
                if report.status != .proved, status == .proved { status = report.status }
                show(row(report, cell, base))
            }
        }
        return status
    }

    /// Prints at once, also into a pipe or a file: all rows together take an hour.
    private func show(_ text: String) {
        print(text)
        fflush(nil)
    }

    private func report(
        of workload: Workload, _ cell: Cell, _ progress: Progress
    ) async -> RunReport? {
        var options = cell.options
        options.workload = workload
        do throws(BenchError) {
            try options.validate()
            return try await Runner.runOnce(options, Progress(isSilent: true))
        } catch {
            progress.line("\(workload.rawValue), \(Self.title(cell)): \(error)")
            return nil
        }
    }

    private func cells() -> [Cell] {
        var cells: [Cell] = []
        let media = [memory.map { ("memory", $0) }, isDurable ? ("disk", data) : nil]
        for (medium, folder) in media.compactMap({ $0 }) as [(String, String?)] {
            for scenario in scenarios {
                for count in clients {
                    // One client contends with nobody.
                    for isContended in count == 1 ? [true] : contended {
                        var options = RunOptions()
                        options.scenario = scenario
                        options.clients = count
                        options.inFlight = count
                        options.contended = isContended
                        options.keys = 1000
                        options.seconds = scenario == .steady ? seconds : max(seconds, 6)
                        options.traces = false
                        options.data = folder
                        options.adod = adod
                        cells.append(Cell(options: options, medium: medium))
                    }
                }
            }
        }
        return cells
    }

    // MARK: The table

    private static let head = """
        | Files | Scenario | Clients | Objects | Workload | ops/s | of set | p50 ms | of set \
        | p99 ms | failed | unknown | verdict |
        |---|---|---|---|---|---|---|---|---|---|---|---|---|
        """

    private static func title(_ cell: Cell) -> String {
        "\(cell.medium), \(cell.options.scenario.name), \(cell.options.clients) clients"
    }

    private func row(_ report: RunReport, _ cell: Cell, _ base: RunReport?) -> String {
        let options = cell.options
        let objects = options.clients == 1 ? "one client" : options.sharesObjects ? "shared" : "own"
        let speed = ratio(report.throughput_ops_s, base?.throughput_ops_s)
        let slowness = ratio(Double(report.latency_us.p50), base.map { Double($0.latency_us.p50) })
        let cells: [String] = [
            cell.medium, options.scenario.name, "\(options.clients)",
            report.workload == .set ? "one" : objects, report.workload.rawValue,
            grouped(UInt64(report.throughput_ops_s)), speed,
            milliseconds(report.latency_us.p50), slowness, milliseconds(report.latency_us.p99),
            "\(report.failed)", "\(report.unknown)",
            report.status == .proved ? "proved" : report.reason ?? "\(report.status)",
        ]
        return "| " + cells.joined(separator: " | ") + " |"
    }

    private func ratio(_ value: Double, _ base: Double?) -> String {
        guard let base, base > 0 else { return "" }
        return hundredths(value / base)
    }

    private func milliseconds(_ microseconds: UInt64) -> String {
        hundredths(Double(microseconds) / 1000)
    }
}

extension Workload {
    /// Whether it is an application over several objects.
    fileprivate var isPlayed: Bool { isApp && self != .keyValue }
}
