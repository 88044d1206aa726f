internal import ADOSimulator
internal import ADOSpec
internal import ArgumentParser

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs seeds until their number, the time, or the first violation ends it.",
        discussion: """
            Everything follows from the seed. After a violation the run is repeated with fewer and \
            fewer faults, and the command that repeats the shortest is printed; the exit code is \
            1. It is 2 if no rule was broken, but there was a run that nobody can judge.
            """)

    @Option(help: "How many seeds to run.") var seeds: UInt64?
    @Option(help: "For how many minutes to run.") var minutes: Double?
    @Option(help: "The first seed; default 1.") var from: UInt64?
    @Option(help: "Run this seed alone.") var seed: UInt64?
    @Option(help: "With --seed: keep only the faults with these numbers, as in 3,17,22, or none.")
    var keep: String?
    @Option(help: "Draw only from these kinds of faults, as in crash,partition.")
    var faults: String?
    @Option(help: "A shared library with another build of the core.") var core: String?
    @Option(help: "A mistake of the driver to make; `adosim plants` lists them.") var plant: String?
    @Option(help: "Play this scenario in each run; `adosim scenarios` lists them, `all` is each.")
    var scenario: String?
    @Option(help: "Run this application in each run: \(Self.apps), or all.") var app: String?
    @Option(help: "The commit to name in reports; default that of the repository around adosim.")
    var commit: String?
    @Option(help: "Where to draw, as SVG, what callers saw that cannot have happened.")
    var svg: String?
    @Flag(help: "Print every trace record, and the faults.") var trace = false
    @Flag(help: "Print one JSON object for all runs.") var json = false
    @Flag(help: "Do not look for a shorter schedule of faults after a violation.")
    var noShrink = false
    @Flag(help: "Say nothing while running.") var quiet = false

    func validate() throws {
        if keep != nil && seed == nil { throw ValidationError("--keep needs --seed") }
        if seed != nil && (seeds != nil || minutes != nil || from != nil) {
            throw ValidationError("--seed runs one seed; leave out --seeds, --from and --minutes")
        }
        if let minutes, !(minutes > 0) {
            throw ValidationError("--minutes must be more than 0")
        }
        _ = try range()
        _ = try faultClasses()
        _ = try planted()
        _ = try kept()
        _ = try applications()
        if app != nil, scenario != nil || plant != nil {
            throw ValidationError("--app says what runs; leave out --scenario and --plant")
        }
        guard let scenario else { return }
        if faults != nil || keep != nil || plant != nil {
            throw ValidationError("--scenario says what happens; leave out --faults and the like")
        }
        if scenario != "all", !Simulator.scenarios.contains(where: { $0.name == scenario }) {
            throw ValidationError("there is no scenario \(scenario); see adosim scenarios")
        }
    }

    func run() throws {
        let simulator = try core.map { try Simulator(corePath: $0) } ?? Simulator()
        var progress = Progress(isQuiet: quiet || json)
        let end = minutes.map { Stopwatch.now + $0 * 60 } ?? .infinity
        for next in try range() {
            // Not a condition of the loop: that would count on to the last seed of all.
            if Stopwatch.now >= end { break }
            for result in try play(next, simulator) {
                progress.add(result)
                if trace { printTrace(result) }
                guard result.violation != nil else { continue }
                progress.finish(json: json)
                report(result, simulator)
                throw ExitCode(1)
            }
        }
        progress.finish(json: json)
        guard let unjudged = progress.unjudged else { return }
        complain("not every run could be judged; the first was \(unjudged)")
        throw ExitCode(2)
    }

    /// The seeds to run: a hundred unless something else ends it.
    private func range() throws -> ClosedRange<UInt64> {
        if let seed { return seed...seed }
        let first = from ?? 1
        guard let count = seeds ?? (minutes == nil ? 100 : nil) else { return first...UInt64.max }
        guard count > 0 else { throw ValidationError("--seeds must be 1 or more") }
        let (last, isBeyond) = first.addingReportingOverflow(count - 1)
        if isBeyond { throw ValidationError("there are no seeds beyond \(UInt64.max)") }
        return first...last
    }

    /// The runs of one seed: one, or one of each scenario or application.
    private func play(_ seed: UInt64, _ simulator: Simulator) throws -> [RunResult] {
        if app != nil {
            var options = try options(seed)
            return try applications().map { application in
                options.app = application
                return simulator.run(options)
            }
        }
        guard let scenario else { return [simulator.run(try options(seed))] }
        let names = scenario == "all" ? Simulator.scenarios.map(\.name) : [scenario]
        return names.compactMap { simulator.run(scenario: $0, seed: seed, keepsTrace: trace) }
    }

    private func options(_ seed: UInt64) throws -> RunOptions {
        var options = RunOptions(seed: seed)
        options.faults = try faultClasses()
        options.keep = try kept()
        options.plant = try planted()
        options.keepsTrace = trace
        return options
    }

    private func faultClasses() throws -> Set<FaultClass>? {
        guard let faults else { return nil }
        return Set(
            try faults.split(separator: ",").map { name in
                if let found = FaultClass(rawValue: String(name)) { return found }
                let all = FaultClass.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("there is no fault \(name); there are \(all)")
            })
    }

    private static var apps: String {
        AppKind.allCases.map(\.rawValue).joined(separator: ", ")
    }

    private func applications() throws -> [AppKind] {
        guard let app else { return [] }
        if app == "all" { return AppKind.allCases }
        if let found = AppKind(rawValue: app) { return [found] }
        throw ValidationError("there is no application \(app); there are \(Self.apps), and all")
    }

    private func planted() throws -> Plant? {
        guard let plant else { return nil }
        if let found = Plant(rawValue: plant) { return found }
        let all = Plant.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("there is no plant \(plant); there are \(all)")
    }

    private func kept() throws -> Set<Int>? {
        guard let keep else { return nil }
        if keep == "none" { return [] }
        return Set(
            try keep.split(separator: ",").map { number in
                if let number = Int(number) { return number }
                throw ValidationError("--keep takes numbers of faults, as in 3,17,22, or none")
            })
    }

    private func printTrace(_ result: RunResult) {
        print("\(result.plan)\nmessages: \(result.messages)")
        for fault in result.faults { print("fault \(fault.text)") }
        for line in result.trace { print(line) }
    }

    private func report(_ result: RunResult, _ simulator: Simulator) {
        let commit = commit ?? Checkout.commit
        show(FailureReport(result, core: core, commit: commit).text)
        guard !noShrink, keep == nil, scenario == nil else { return draw(result) }
        show("looking for a shorter schedule of faults …")
        var said = Stopwatch.now
        let shrunk = Shrinker(simulator).shrink(result) { attempts, faults in
            guard !quiet, Stopwatch.now - said >= 2 else { return }
            said = Stopwatch.now
            show("\(faults) of \(result.faults.count) faults are left after \(attempts) runs")
        }
        show(FailureReport(shrunk, core: core, commit: commit).schedule)
        draw(shrunk)
    }

    /// Draws what the violation shows, where it can be drawn.
    private func draw(_ result: RunResult) {
        guard let picture = result.violation?.picture else { return }
        guard let svg else { return show("draw it with: --svg FILE") }
        if let reason = PictureFile.write(picture, to: svg) {
            complain("cannot draw into \(svg): \(reason)")
        } else {
            show("drawn in \(svg)")
        }
    }
}
