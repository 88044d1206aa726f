internal import ADOSpec

/// Looks for fewer faults that still break the rule.
///
/// It leaves out halves, quarters, and so on down to single faults, as long as the same rule is
/// broken: what is left is a schedule of which no part can be left out by itself.
public struct Shrinker: Sendable {
    private let run: @Sendable (RunOptions) -> RunResult

    /// Runs that are tried at most.
    public static let attemptsMax = 400

    /// Makes a shrinker that tries runs in `simulator`.
    public init(_ simulator: Simulator) {
        run = { simulator.run($0) }
    }

    init(run: @escaping @Sendable (RunOptions) -> RunResult) {
        self.run = run
    }

    /// The shortest run that was found; `result` itself if nothing can be left out.
    ///
    /// - Parameter watch: Called before each attempt with how many there were and how many faults
    ///   are left.
    public func shrink(
        _ result: RunResult, watch: (_ attempts: Int, _ faults: Int) -> Void = { _, _ in }
    ) -> RunResult {
        var best = result
        var attempts = 0
        var size = max(1, best.faults.count / 2)
        while attempts < Self.attemptsMax, !best.faults.isEmpty {
            var shrunk = false
            var start = 0
            while start < best.faults.count, attempts < Self.attemptsMax {
                watch(attempts, best.faults.count)
                attempts += 1
                let kept = best.faults.enumerated().filter {
                    $0.offset < start || $0.offset >= start + size
                }
                var options = result.options
                options.keep = Set(kept.map(\.element.number))
                let tried = run(options)
                if tried.violation?.rule == result.violation?.rule {
                    best = tried
                    shrunk = true
                } else {
                    start += size
                }
            }
            if size == 1 && !shrunk { break }
            size = max(1, size / 2)
        }
        return best
    }
}
