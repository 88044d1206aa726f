/// What somebody needs to know about a run that broke a rule.
public struct FailureReport: Sendable {
    private let result: RunResult
    private let core: String?
    private let commit: String?

    /// Makes the report of a run, which used the core at `core` if it is not the one linked in.
    public init(_ result: RunResult, core: String? = nil, commit: String? = nil) {
        self.result = result
        self.core = core
        self.commit = commit
    }

    /// The rule, the options, the last trace records, the cache trees, and the command.
    public var text: String {
        """
        VIOLATION in seed \(result.options.seed), commit \(commit ?? "unknown")
        \(result.violation.map(String.init(describing:)) ?? "none")
        run: \(result.plan)
        \(result.faults.count) faults, the last \(result.trace.count) trace records:
        \(result.trace.joined(separator: "\n"))
        cache trees:
        \(result.trees)
        repeat it with: \(command)
        """
    }

    /// The faults, and the command that repeats the run with them alone.
    public var schedule: String {
        """
        \(result.violation.map(String.init(describing:)) ?? "none")
        with \(result.faults.count) faults:
        \(result.faults.map(\.text).joined(separator: "\n"))
        repeat it with: \(command)
        """
    }

    /// The one command that repeats the run.
    public var command: String {
        var words = ["adosim run --seed \(result.options.seed)"]
        if let scenario = result.options.scenario { words.append("--scenario \(scenario)") }
        if let app = result.options.app { words.append("--app \(app.rawValue)") }
        if let faults = result.options.faults {
            words.append("--faults \(faults.map(\.rawValue).sorted().joined(separator: ","))")
        }
        if let keep = result.options.keep {
            let numbers = keep.sorted().map(String.init).joined(separator: ",")
            words.append("--keep \(keep.isEmpty ? "none" : numbers)")
        }
        if let plant = result.options.plant { words.append("--plant \(plant.rawValue)") }
        if let core { words.append("--core \(core)") }
        return words.joined(separator: " ")
    }
}
