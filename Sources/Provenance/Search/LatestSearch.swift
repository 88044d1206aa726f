/// Looks for one witness among the calls behind the last overwrites, giving up the oldest first.
struct LatestSearch<M: Machine> {
    private let trace: Trace<M>
    private let whole: [Int]
    private let output: M.Output
    private let slice: Slice
    private let limits: Explainer<M>.Limits
    private var stepsLeft: Int
    private var random = SplitMix(seed: 1)

    /// Whether the start is not known, so that each barrier stands for what it hides of that.
    private let startsAnywhere: Bool

    /// Supersets tried at random for each call that may be given up.
    private static var samples: Int { 8 }

    /// Prepares a search, `whole` being every call that can matter.
    init(
        trace: Trace<M>, whole: [Int], output: M.Output, limits: Explainer<M>.Limits,
        startsAnywhere: Bool = false
    ) {
        self.startsAnywhere = startsAnywhere
        self.trace = trace
        self.whole = whole
        self.output = output
        self.limits = limits
        slice = Slice(of: trace, stopsAtBarriers: true)
        stepsLeft = limits.steps
    }

    /// A closed witness, or one that no test refutes, and which of the two it is.
    ///
    /// As long as all barriers are kept, nothing before them matters, so what is closed among the
    /// slice's subsets with all barriers is closed among all subsets of the log.
    mutating func run() -> (witness: [Int], verdict: Verdict) {
        let free = slice.positions.filter { !slice.barriers.contains($0) }
        guard free.count <= limits.exact else { return tested(free) }
        let table = SubsetTable(of: trace, over: free, with: slice.barriers) { $0 == output }
        let kept = table.positions(in: table.latest(below: table.all))
        let witness = (kept + slice.barriers).sorted()
        guard !startsAnywhere else { return (witness, witness.isEmpty ? .noCause : .oneOf) }
        return withoutNeedlessBarriers(witness)
    }

    /// Those of a witness's calls without which the reply is another; nil if that takes too long.
    func necessary(of witness: [Int]) -> [Int]? {
        guard whole.count * witness.count <= limits.steps else { return nil }
        return witness.filter { call in !holds(whole.filter { $0 != call }) }
    }

    private func holds(_ positions: some Sequence<Int>) -> Bool {
        trace.reply(after: positions) == output
    }

    // MARK: - Barriers

    /// Barriers are kept so that the search need not look behind them.
    ///
    /// One that overwrites the same with the same is no part of a minimal witness.
    private mutating func withoutNeedlessBarriers(_ witness: [Int]) -> ([Int], Verdict) {
        let isMinimal = witness.allSatisfy { call in
            !slice.barriers.contains(call)
                || isRefuted(witness.filter { $0 != call }, without: call)
        }
        if isMinimal { return (witness, witness.isEmpty ? .noCause : .oneOf) }
        guard whole.count <= limits.exact else { return (witness, .overApproximation) }
        let table = SubsetTable(of: trace, over: whole) { $0 == output }
        let least = table.positions(in: table.latest(below: table.mask(of: witness)))
        return (least, least.isEmpty ? .noCause : .oneOf)
    }

    /// Whether some part of the log that contains `kept`, and not `call`, gives another reply.
    private mutating func isRefuted(_ kept: [Int], without call: Int) -> Bool {
        if !holds(kept) { return true }
        let others = whole.filter { $0 != call }
        if !holds(others) { return true }
        for other in others.reversed() where !kept.contains(other) {
            guard spend(kept.count + 1) else { return false }
            if !holds((kept + [other]).sorted()) { return true }
        }
        return false
    }

    // MARK: - Tests

    private mutating func tested(_ free: [Int]) -> ([Int], Verdict) {
        var witness = slice.positions
        for call in free {
            guard spend(slice.positions.count * (Self.samples + 2)) else {
                return (witness, .overApproximation)
            }
            let smaller = witness.filter { $0 != call }
            if !isRefutedBySamples(smaller, without: call) { witness = smaller }
        }
        return (witness, .tested)
    }

    private mutating func isRefutedBySamples(_ kept: [Int], without call: Int) -> Bool {
        let others = slice.positions.filter { $0 != call }
        if !holds(kept) || !holds(others) { return true }
        let kept = Set(kept)
        for _ in 0..<Self.samples {
            let some = others.filter { kept.contains($0) || Bool.random(using: &random) }
            if !holds(some) { return true }
        }
        return false
    }

    private mutating func spend(_ steps: Int) -> Bool {
        stepsLeft -= steps
        return stepsLeft >= 0
    }
}

/// A generator of the same numbers everywhere, so that an answer is the same everywhere.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
