import ADO
import Histogram

/// What drives a run, and what it knows afterwards: clients of the servers, or an owner.
protocol Load: Sendable {
    /// One for each client.
    var recorders: [Recorder] { get }
    var gaps: GapTracker { get }

    func start()
    func tick()

    /// Opens nothing more, settles what is in doubt until the deadline.
    ///
    /// - Returns: the requests that are still open.
    func drain(seconds: Double) async -> Int

    /// Has so many times as many operations be due; a closed loop does not mind.
    func hurry(_ factor: Double)

    /// Ends one client in the middle of its calls.
    ///
    /// - Returns: how many calls it had under way.
    func crashClient() async -> Int

    /// What an open loop offered, and how it kept its times; nil for a closed loop.
    func openLoad() -> RunReport.OpenLoad?

    /// What is known of every request, object by object; the load must have stopped.
    func evidence() -> [Evidence]
    func close() async
}

extension Load {
    func hurry(_ factor: Double) {}

    func crashClient() async -> Int { 0 }

    func openLoad() -> RunReport.OpenLoad? { nil }

    func begin(_ measured: MeasuredTime) {
        for recorder in recorders { recorder.begin(measured) }
        gaps.begin(at: measured.start)
    }

    /// Adds what the clients finished since the last time.
    func collect(into timeline: inout Timeline, all: Bool = false) {
        for recorder in recorders {
            for window in recorder.takeWindows(all: all) { timeline.add(window) }
        }
    }

    /// Every latency of the measured time.
    func latency() -> Histogram<UInt64> {
        var sum = Window.detailedHistogram()
        for recorder in recorders { sum.add(recorder.total()) }
        return sum
    }
}
