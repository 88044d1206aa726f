import MultiPaxos
import Synchronization

/// Lets healthy and faulty windows take turns on the same servers, under the same load.
struct Turns: Sendable {
    let interleaving: Interleaving
    /// Decides when faults strike.
    let seed: UInt64
    let injector: FaultInjector
    let gaps: GapTracker
    let measured: MeasuredTime
    let stretches: Stretches
    let progress: Progress

    /// A window that is over.
    struct Turn: Sendable {
        /// Its number among the stretches.
        var stretch: Int
        /// Milliseconds without an acknowledged write.
        var longestGap: Double

        /// Counts a pause that touches the window.
        mutating func extend(by gap: GapTracker.Gap) {
            longestGap = max(longestGap, Double(gap.nanoseconds) / 1e6)
        }
    }

    /// A pair that is over.
    struct Pair: Sendable {
        var healthy: Turn
        var faulty: Turn
        var mending: Turn
        var strike: FaultInjector.Strike
    }

    /// What came of it.
    struct Taken: Sendable {
        var pairs: [Pair] = []
        /// Why it ended before all pairs were done.
        var failure: BenchError?
    }

    func take() async -> Taken {
        var taken = Taken()
        do throws(BenchError) {
            for number in 0..<interleaving.pairs {
                taken.pairs.append(try await pair(number))
                progress.status("  pair \(number + 1) of \(interleaving.pairs) is done")
            }
        } catch {
            taken.failure = error
        }
        return taken
    }

    private func pair(_ number: Int) async throws(BenchError) -> Pair {
        let start = monotonicNow()
        let healthy = begin(at: start)
        await sleep(until: start + nanoseconds)
        let before = end(healthy, since: start)
        let phase = interleaving.phase(of: number, seed: seed)
        await sleep(until: monotonicNow() + UInt64(phase * 1e9))

        let faulty = Box()
        let strike = try await injector.strike { struck in
            faulty.number = begin(at: struck)
            return struck + nanoseconds
        }
        // A fault that ends itself, or is long in ending, leaves a rest of its window.
        await sleep(until: strike.times.at + nanoseconds)
        var during = end(faulty.number, since: strike.times.at)
        let lasting = gaps.lasting(at: monotonicNow())

        let mended = monotonicNow()
        let mending = begin(at: mended)
        await sleep(until: mended + nanoseconds)
        let after = end(mending, since: mended)
        try await injector.waitUntilWhole()
        // Where nothing was acknowledged when the window ended, that counts to its end.
        if let lasting { during.extend(by: gaps.grown(lasting, now: monotonicNow())) }
        return Pair(healthy: before, faulty: during, mending: after, strike: strike)
    }

    private var nanoseconds: UInt64 { UInt64(interleaving.window * 1e9) }

    private func begin(at time: UInt64) -> Int {
        stretches.begin(
            at: time, windows: Int(nanoseconds / Window.nanoseconds), measured)
    }

    private func end(_ stretch: Int, since start: UInt64) -> Turn {
        let gap = gaps.takeLongest(since: start, now: monotonicNow())
        return Turn(stretch: stretch, longestGap: Double(gap.nanoseconds) / 1e6)
    }
}

extension Turns.Taken {
    /// The windows as a report has them; every client must have handed over what it measured.
    func windows(
        _ interleaving: Interleaving, _ stretches: Stretches, _ points: [Timeline.Point],
        _ measured: MeasuredTime
    ) -> Interleaved {
        var windows = Interleaved(window_s: interleaving.window)
        for pair in pairs {
            let healthy = stretches[pair.healthy.stretch].positions
            let faulty = stretches[pair.faulty.stretch].positions
            let struck = measured.milliseconds(pair.strike.times.at)
            let offset = struck - Double(faulty.lowerBound) * Window.widthMilliseconds
            windows.pairs.append(
                Interleaved.Pair(
                    healthy: figures(pair.healthy, stretches),
                    faulty: figures(pair.faulty, stretches),
                    mending: figures(pair.mending, stretches),
                    struck_ms: measured.rounded(pair.strike.times.at), victims: pair.strike.victims,
                    owner_before: pair.strike.ownerBefore.node,
                    taken_over_by: pair.strike.takenOverBy?.node,
                    recovery: Recovery(
                        Array(points[healthy.clamped(to: points.indices)])
                            + points[faulty.clamped(to: points.indices)],
                        injected: Double(healthy.count) * Window.widthMilliseconds + offset)))
        }
        return windows
    }

    private func figures(_ turn: Turns.Turn, _ stretches: Stretches) -> Interleaved.Stretch {
        Interleaved.Stretch(stretches[turn.stretch], longestGap: turn.longestGap)
    }

    /// Why the windows do not say what the scenario promises; nil if they do.
    func complaint(_ scenario: Scenario) -> String? {
        if let failure { return failure.description }
        guard scenario.expectsNewOwner else { return nil }
        let idle = pairs.firstIndex { $0.strike.takenOverBy == nil }
        return idle.map { "no other server took over in pair \($0 + 1) of \(pairs.count)." }
    }

    /// The strike of the pair in the middle, whose window the report shows.
    func middle(of windows: Interleaved) -> FaultInjector.Strike? {
        guard let position = windows.pairs.firstIndex(where: { $0 == windows.middle }) else {
            return nil
        }
        return pairs[position].strike
    }
}

/// A number that a closure finds.
private final class Box: Sendable {
    private let state = Mutex(0)

    var number: Int {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}
