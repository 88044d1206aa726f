import Testing

@testable import Bench

private let millisecond: UInt64 = 1_000_000

@Suite struct `A recorder` {
    let measured = MeasuredTime(start: 1000 * millisecond, seconds: 1)

    @Test func `sorts answers into windows of 100 ms`() {
        let recorder = Recorder()
        recorder.begin(measured)
        recorder.record(at: 1010 * millisecond) { $0.acknowledged(nanoseconds: 3 * millisecond) }
        recorder.record(at: 1099 * millisecond) { $0.failed() }
        recorder.record(at: 1350 * millisecond) { $0.unknown() }
        var timeline = Timeline(seconds: 1)
        for window in recorder.takeWindows(all: true) { timeline.add(window) }
        let points = timeline.points()
        #expect(points.count == 10)
        #expect(points.map(\.t_ms) == Array(stride(from: 0, to: 1000, by: 100)))
        #expect(points[0].ok == 1 && points[0].failed == 1)
        #expect(points[3].unknown == 1)
        #expect((2950...3050).contains(points[0].p50_us))
        #expect(points[5] == Timeline.Point(Window(position: 5)))
    }

    @Test func `leaves out the warm-up and what comes after the end`() {
        let recorder = Recorder()
        recorder.begin(measured)
        recorder.record(at: 999 * millisecond) { $0.acknowledged(nanoseconds: 1) }
        recorder.record(at: 2000 * millisecond) { $0.acknowledged(nanoseconds: 1) }
        #expect(recorder.total().totalCount == 0)
        #expect(recorder.takeWindows(all: true).allSatisfy { $0.ok == 0 })
    }

    @Test func `hands each window over once`() {
        let recorder = Recorder()
        recorder.begin(measured)
        recorder.record(at: 1010 * millisecond) { $0.acknowledged(nanoseconds: 1) }
        #expect(recorder.takeWindows().isEmpty)
        recorder.record(at: 1110 * millisecond) { $0.acknowledged(nanoseconds: 1) }
        #expect(recorder.takeWindows().map(\.position) == [0])
        #expect(recorder.takeWindows(all: true).map(\.position) == [1])
    }

    @Test func `has percentiles that are right to three digits`() {
        let recorder = Recorder()
        recorder.begin(measured)
        recorder.record(at: 1010 * millisecond) { state in
            for microseconds in 1...10_000 as ClosedRange<UInt64> {
                state.acknowledged(nanoseconds: microseconds * 1000)
            }
        }
        let latency = RunReport.Latency(recorder.total())
        #expect((4995...5005).contains(latency.p50))
        #expect((8991...9010).contains(latency.p90))
        #expect((9890...9910).contains(latency.p99))
        #expect((9980...10_000).contains(latency.p999))
        #expect((9990...10_010).contains(latency.max))
    }

    @Test func `keeps a latency beyond its range as the highest`() {
        let recorder = Recorder()
        recorder.begin(measured)
        recorder.record(at: 1010 * millisecond) { $0.acknowledged(nanoseconds: .max) }
        #expect(recorder.total().totalCount == 1)
    }
}

@Suite struct `A timeline` {
    @Test func `adds up the clients, also after a window is finished elsewhere`() {
        var timeline = Timeline(seconds: 0.3)
        for _ in 0..<2 {
            var window = Window(position: 1)
            window.ok = 5
            timeline.add(window)
        }
        timeline.finish(before: 2)
        #expect(timeline.points().map(\.ok) == [0, 10, 0])
    }

    @Test func `counts a window that a client hands over late`() {
        var timeline = Timeline(seconds: 0.3)
        var window = Window(position: 0)
        window.ok = 5
        timeline.add(window)
        timeline.finish(before: 1)
        window.ok = 2
        timeline.add(window)
        timeline.finish(before: 3)
        #expect(timeline.points().map(\.ok) == [7, 0, 0])
    }
}

@Suite struct `The unavailability` {
    @Test func `is the longest pause that touches the fault`() {
        let tracker = GapTracker()
        tracker.begin(at: 0)
        for time in [10, 300, 310, 320, 700, 710] as [UInt64] {
            tracker.acknowledged(at: time * millisecond)
        }
        #expect(tracker.longest(since: 0)?.nanoseconds == 380 * millisecond)
        #expect(tracker.longest(since: 400 * millisecond)?.start == 320 * millisecond)
        #expect(tracker.longest(since: 705 * millisecond)?.nanoseconds == 10 * millisecond)
    }

    @Test func `lasts to the end if nothing is acknowledged any more`() {
        let tracker = GapTracker()
        tracker.begin(at: 0)
        tracker.acknowledged(at: 100 * millisecond)
        tracker.close(at: 1000 * millisecond)
        #expect(tracker.longest(since: 200 * millisecond)?.nanoseconds == 900 * millisecond)
    }

    @Test func `is kept in bounded memory, the longest pauses first`() {
        let tracker = GapTracker()
        tracker.begin(at: 0)
        var time: UInt64 = 0
        for number in 1...2000 as ClosedRange<UInt64> {
            time += (number == 1000 ? 50 : 3) * millisecond
            tracker.acknowledged(at: time)
        }
        #expect(tracker.longest(since: 0)?.nanoseconds == 50 * millisecond)
    }

    @Test func `ignores what other clients report late`() {
        let tracker = GapTracker()
        tracker.begin(at: 100 * millisecond)
        tracker.acknowledged(at: 90 * millisecond)
        tracker.acknowledged(at: 150 * millisecond)
        #expect(tracker.longest(since: 0)?.nanoseconds == 50 * millisecond)
    }
}
