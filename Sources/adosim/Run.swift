internal import ADOSimulator
internal import ArgumentParser

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs seeds until their number, the time, or the first violation ends it.")

    @Option(help: "How many seeds to run.") var seeds: UInt64?
    @Option(help: "For how many minutes to run.") var minutes: Double?
    @Option(help: "The first seed.") var from: UInt64 = 1
    @Option(help: "Run this seed alone.") var seed: UInt64?
    @Flag(help: "Print the trace records.") var trace = false
    @Option(help: "A shared library with another build of the core.") var core: String?

    mutating func run() throws {
        let simulator = try core.map { try Simulator(corePath: $0) } ?? Simulator()
        var progress = Progress()
        let first = seed ?? from
        let last = seed ?? seeds.map { from + $0 - 1 } ?? (minutes == nil ? from + 99 : .max)
        let end = minutes.map { Progress.now + $0 * 60 } ?? .infinity
        var next = first
        while next <= last, Progress.now < end {
            let result = simulator.run(RunOptions(seed: next))
            progress.add(result)
            if trace { print(result.trace.joined(separator: "\n")) }
            if let violation = result.violation {
                progress.finish()
                print("seed \(next): \(violation)\n\(result.trace.joined(separator: "\n"))")
                throw ExitCode(1)
            }
            next += 1
        }
        progress.finish()
    }
}

/// Counts runs, and says how fast they go.
struct Progress {
    private var runs = 0
    private var steps = 0
    private var simulated: UInt64 = 0
    private let start = Progress.now
    private var lastPrint = Progress.now

    /// Seconds of a clock that only runs forward.
    static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    mutating func add(_ result: RunResult) {
        runs += 1
        steps += result.steps
        simulated += result.simulatedMicroseconds
        if Progress.now - lastPrint >= 2 { printLine() }
    }

    mutating func finish() { printLine() }

    private mutating func printLine() {
        lastPrint = Progress.now
        let seconds = max(Progress.now - start, 1e-9)
        let hours = Double(simulated) / 3.6e9
        let speed = Double(simulated) / 1e6 / seconds
        let rate = Int(Double(steps) / seconds)
        let tenths = (hours * 100).rounded() / 100
        print("\(runs) runs, \(rate) steps/s, \(tenths) simulated hours, \(Int(speed)) x real time")
    }
}
