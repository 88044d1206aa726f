import ADO
import ADOSpec

/// Reads a `Course` from the records of all nodes, in the order of their times.
struct CourseReader: Sendable {
    /// A fault: when it was there, whom it hit, and who served until then.
    struct Fault: Sendable, Equatable {
        var injected: UInt64
        var healed: UInt64
        var victims: Set<UInt64>
        var served: UInt64
    }

    private let group: UInt64
    private let measured: MeasuredTime
    private let fault: Fault?
    private let windows: Int

    private var course = Course()
    private var committed: [UInt64: UInt64] = [:]
    private var highest: UInt64 = 0
    private var window = 0
    private var newBallot: Ballot?
    private var target: UInt64?
    private var behind: Set<UInt64>

    /// - Parameter group: The number of the log of the object that is loaded.
    init(group: UInt64, nodes: [UInt64], measured: MeasuredTime, fault: Fault?) {
        self.group = group
        self.measured = measured
        self.fault = fault
        behind = fault?.victims ?? []
        windows = Window.position(of: measured.end - 1, in: measured) + 1
        course.lag = nodes.map { Course.Lag(node: $0, entries: []) }
        for node in nodes { committed[node] = 0 }
        if let fault {
            course.markers = Course.Markers(
                injected_ms: measured.rounded(fault.injected),
                healed_ms: measured.rounded(fault.healed))
        }
    }

    /// Takes the next record.
    mutating func add(_ timed: TimedRecord) {
        let time = timed.nanoseconds
        closeWindows(before: time)
        if let fault, time >= fault.healed, target == nil { target = highest }
        if timed.record.kind == .serving { served(timed.record, at: time) }
        guard timed.record.group == group else { return }
        switch timed.record.kind {
        case .pulled: pulled(timed.record, at: time)
        case .committed, .installed: commit(timed.record, at: time)
        default: return
        }
    }

    /// What all records say.
    mutating func finish() -> Course {
        closeWindows(before: .max)
        return course
    }

    private mutating func closeWindows(before time: UInt64) {
        while window < windows {
            let end = measured.start + UInt64(window + 1) * Window.nanoseconds
            guard end <= time else { return }
            for position in course.lag.indices {
                let own = committed[course.lag[position].node] ?? 0
                course.lag[position].entries.append(highest - own)
            }
            window += 1
        }
    }

    private mutating func served(_ record: TraceRecord, at time: UInt64) {
        guard let fault, time >= fault.injected, record.peer != fault.served else { return }
        if course.markers?.detected_ms == nil, !fault.victims.contains(record.node) {
            course.markers?.detected_ms = measured.rounded(time)
        }
        guard record.peer == record.node, course.markers?.elected_ms == nil else { return }
        course.markers?.elected_ms = measured.rounded(time)
    }

    private mutating func pulled(_ record: TraceRecord, at time: UInt64) {
        guard time < measured.end else { return }
        let tenure = Course.Tenure(
            t_ms: measured.rounded(time), node: record.node, ballot: "\(record.ballot)")
        // Who owned the object when the measured time began owned it from its beginning.
        if time < measured.start { course.tenures = [] }
        course.tenures.append(tenure)
        guard let fault, time >= fault.injected, newBallot == nil, record.node != fault.served
        else { return }
        newBallot = record.ballot
    }

    private mutating func commit(_ record: TraceRecord, at time: UInt64) {
        let index = record.point.index
        if record.kind == .committed {
            committed[record.node] = max(committed[record.node] ?? 0, index)
            highest = max(highest, index)
        }
        if let newBallot, record.point.ballot == newBallot,
            course.markers?.first_commit_ms == nil
        {
            course.markers?.first_commit_ms = measured.rounded(time)
        }
        guard let target, behind.contains(record.node), index >= target else { return }
        behind.remove(record.node)
        if behind.isEmpty { course.markers?.caught_up_ms = measured.rounded(time) }
    }
}

extension MeasuredTime {
    /// Milliseconds from the start with three digits.
    func rounded(_ time: UInt64) -> Double { (milliseconds(time) * 1000).rounded() / 1000 }
}
