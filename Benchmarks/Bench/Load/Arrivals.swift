import DequeModule
import Glibc

/// When the operations of an open loop are due, whatever the service does.
///
/// A due operation waits here until it can be submitted; its latency counts from when it was due,
/// so that a service that stops is not spared the operations that nobody could submit meanwhile.
/// At most `waitingMax` wait: what is due beyond that is shed, and counted.
struct Arrivals: Sendable {
    /// How operations are spread over time.
    enum Process: Sendable, Equatable {
        /// The same time between any two.
        case fixed
        /// Independent of each other: exponential times between them, drawn from this seed.
        case poisson(seed: UInt64)
    }

    /// Nanoseconds between two operations, on average.
    private(set) var interval: Double
    let process: Process
    let waitingMax: Int

    private let start: UInt64
    /// From `start` on, so that a long run loses no precision.
    private var next: Double
    private var number: UInt64 = 0
    private var queue = Deque<UInt64>()

    /// Operations that became due.
    private(set) var offered: UInt64 = 0
    /// Of these, those for which there was no room.
    private(set) var shed: UInt64 = 0

    /// Operations at `rate` per second from `start` on.
    init(rate: Double, process: Process, waitingMax: Int, start: UInt64) {
        precondition(rate > 0 && waitingMax > 0, "operations that never come")
        interval = 1e9 / rate
        self.process = process
        self.waitingMax = waitingMax
        self.start = start
        next = 0
        if process != .fixed { next = gap() }
    }

    /// Operations that are due and were not submitted.
    var waiting: Int { queue.count }

    /// When the next operation will be due.
    var nextDue: UInt64 { start + UInt64(next) }

    /// What became due until `now` waits from now on, as far as there is room.
    ///
    /// - Returns: how many became due, and how many of them were shed.
    mutating func advance(to now: UInt64) -> (offered: Int, shed: Int) {
        let before = (offered, shed)
        while nextDue <= now {
            offered += 1
            if queue.count < waitingMax { queue.append(nextDue) } else { shed += 1 }
            next += gap()
        }
        return (Int(offered - before.0), Int(shed - before.1))
    }

    /// From the next operation on, so many times as many are due.
    mutating func hurry(_ factor: Double) {
        precondition(factor > 0, "operations that never come")
        interval /= factor
    }

    /// Takes the operation that waits longest.
    ///
    /// - Returns: when it was due.
    mutating func take() -> UInt64 { queue.removeFirst() }

    private mutating func gap() -> Double {
        guard case .poisson(let seed) = process else { return interval }
        number += 1
        // From 2^-53 to 1, as a logarithm needs it.
        let uniform = (Double(mixed(seed &+ number) >> 11) + 1) * 0x1p-53
        return -log(uniform) * interval
    }
}

/// A number in which every bit depends on every bit of `number`, different for each: SplitMix64.
func mixed(_ number: UInt64) -> UInt64 {
    var x = number &+ 0x9E37_79B9_7F4A_7C15
    x = (x ^ (x >> 30)) &* 0xBF58_476D_1CE4_E5B9
    x = (x ^ (x >> 27)) &* 0x94D0_49BB_1331_11EB
    return x ^ (x >> 31)
}
