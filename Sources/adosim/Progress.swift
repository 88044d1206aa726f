internal import ADOSimulator

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Prints at once, also into a pipe or a file.
func show(_ text: String) {
    print(text)
    fflush(nil)
}

/// Prints to the error output.
func complain(_ text: String) {
    var line = "adosim: \(text)\n"
    line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}

/// The repository that the executable lies in.
enum Checkout {
    /// The commit, with a mark if files differ from it; nil if there is no repository.
    static var commit: String? {
        let folder = "\"$(dirname \"$(readlink -f /proc/\(getpid())/exe)\")\""
        let command = "git -C \(folder) describe --always --dirty --abbrev=12 2>/dev/null"
        guard let pipe = popen(command, "r") else { return nil }
        defer { pclose(pipe) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, Int32(line.count), pipe) != nil else { return nil }
        let text = line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }
        return String(decoding: text, as: UTF8.self)
    }
}

/// Clocks of the real world.
enum Stopwatch {
    /// Seconds of a clock that only runs forward.
    static var now: Double { read(CLOCK_MONOTONIC) }

    /// Seconds of one core that this process used: the machine may have other work.
    static var cpu: Double { read(CLOCK_PROCESS_CPUTIME_ID) }

    private static func read(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// Counts runs, and says how fast they go.
struct Progress {
    let isQuiet: Bool
    private var runs = 0
    private var steps = 0
    private var committed: UInt64 = 0
    private var answered = 0
    private var simulated: UInt64 = 0
    private var violations = 0
    /// Runs of which nobody knows whether what callers saw is linearizable.
    private var undecided = 0
    /// Runs that were not compared with the model to their end.
    private var incomplete = 0
    /// The first run that nobody can judge, and why; nil if all were judged.
    private(set) var unjudged: String?
    private var begun: [FaultClass: Int] = [:]
    private let start = (now: Stopwatch.now, cpu: Stopwatch.cpu)
    private var printed = Stopwatch.now

    init(isQuiet: Bool) { self.isQuiet = isQuiet }

    mutating func add(_ result: RunResult) {
        runs += 1
        steps += result.steps
        committed += result.committed
        answered += result.answered
        simulated += result.simulatedMicroseconds
        if result.violation != nil { violations += 1 }
        if result.undecided != nil { undecided += 1 }
        if result.incomplete != nil { incomplete += 1 }
        if unjudged == nil, let why = result.undecided ?? result.incomplete {
            unjudged = "\(FailureReport(result).command): \(why)"
        }
        begun.merge(result.begun, uniquingKeysWith: +)
        guard !isQuiet, Stopwatch.now - printed >= 2 else { return }
        printed = Stopwatch.now
        show(line)
    }

    func finish(json: Bool) {
        if json { print(object) } else { print(line) }
    }

    private var cpu: Double { max(Stopwatch.cpu - start.cpu, 1e-6) }

    private var hours: Double { (Double(simulated) / 3.6e7).rounded() / 100 }

    private var rates: (steps: Int, speed: Int) {
        (Int(Double(steps) / cpu), Int(Double(simulated) / 1e6 / cpu))
    }

    private var line: String {
        "\(runs) runs, \(steps) steps, \(rates.steps) steps/s of one core, "
            + "\(hours) simulated hours, "
            + "\(rates.speed) x real time, \(committed) entries, \(answered) calls, "
            + "\(undecided) undecided, \(incomplete) incomplete"
    }

    private var object: String {
        let faults = FaultClass.allCases.map { "\"\($0.rawValue)\": \(begun[$0] ?? 0)" }
        return "{\"runs\": \(runs), \"violations\": \(violations), "
            + "\"undecided\": \(undecided), \"incomplete\": \(incomplete), \"steps\": \(steps), "
            + "\"steps_per_cpu_second\": \(rates.steps), \"simulated_hours\": \(hours), "
            + "\"times_real_time\": \(rates.speed), \"committed\": \(committed), "
            + "\"calls\": \(answered), "
            + "\"faults\": {\(faults.joined(separator: ", "))}}"
    }
}
