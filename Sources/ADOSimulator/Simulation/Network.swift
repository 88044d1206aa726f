/// The links between members, by place, and what is wrong with them.
struct Network {
    /// In thousandths of all messages.
    struct Weather {
        var loss: UInt64 = 0
        var duplication: UInt64 = 0
        var delay: UInt64 = 0
        var corruption: UInt64 = 0
    }

    private let count: Int
    /// How many faults cut or clog each link.
    private var cuts: [Int]
    private var clogs: [Int]
    private var held: [[Packet]]
    /// How much longer each link takes.
    private var lags: [UInt64]
    /// When the last message arrives on each link, where they arrive in order.
    private var latest: [UInt64]
    /// Rises when a connection is reset: what was under way on it is lost.
    private var epochs: [UInt32]
    var weather = Weather()

    init(count: Int) {
        self.count = count
        cuts = Array(repeating: 0, count: count * count)
        clogs = cuts
        lags = Array(repeating: 0, count: count * count)
        latest = lags
        held = Array(repeating: [], count: count * count)
        epochs = Array(repeating: 0, count: count * count)
    }

    func isCut(_ from: Int, _ to: Int) -> Bool { cuts[from * count + to] > 0 }

    func epoch(_ from: Int, _ to: Int) -> UInt32 { epochs[from * count + to] }

    mutating func cut(_ line: Fault.Line, by change: Int) {
        cuts[line.from * count + line.to] += change
    }

    func lag(_ from: Int, _ to: Int) -> UInt64 { lags[from * count + to] }

    mutating func slow(_ lines: [Fault.Line], by delay: UInt64) {
        for line in lines { lags[line.from * count + line.to] = delay }
    }

    /// The time for a message that would arrive at `time`: not before those that were sent earlier.
    mutating func inOrder(_ from: Int, _ to: Int, _ time: UInt64) -> UInt64 {
        latest[from * count + to] = max(latest[from * count + to] + 1, time)
        return latest[from * count + to]
    }

    mutating func clog(_ line: Fault.Line) { clogs[line.from * count + line.to] += 1 }

    /// Takes away one clog; returns what the link held back, if it was the last.
    mutating func unclog(_ line: Fault.Line) -> [Packet] {
        let link = line.from * count + line.to
        clogs[link] -= 1
        guard clogs[link] == 0 else { return [] }
        defer { held[link] = [] }
        return held[link]
    }

    /// Keeps a packet back if its link is clogged.
    mutating func holds(_ packet: Packet, _ from: Int, _ to: Int) -> Bool {
        let link = from * count + to
        guard clogs[link] > 0 else { return false }
        held[link].append(packet)
        return true
    }

    /// Breaks the connection between two members, with all that was under way.
    mutating func reset(_ a: Int, _ b: Int) {
        for link in [a * count + b, b * count + a] {
            epochs[link] += 1
            held[link] = []
        }
    }

    /// Everything works again.
    mutating func heal() -> [Packet] {
        cuts = cuts.map { _ in 0 }
        clogs = clogs.map { _ in 0 }
        lags = lags.map { _ in 0 }
        weather = Weather()
        defer { held = held.map { _ in [] } }
        return held.flatMap { $0 }
    }
}
