import ADO
import ADOSpec
import Testing

@testable import Bench

private let group: UInt64 = 77
private let millisecond: UInt64 = 1_000_000

@Suite struct `The course of a run` {
    private let measured = MeasuredTime(start: 1000 * millisecond, seconds: 1)
    private let fault = CourseReader.Fault(
        injected: 1300 * millisecond, healed: 1600 * millisecond, victims: [1], served: 1)

    private func course(
        _ records: [(ms: UInt64, record: TraceRecord)], fault: CourseReader.Fault?
    ) -> Course {
        var reader = CourseReader(group: group, nodes: [1, 2], measured: measured, fault: fault)
        for (ms, record) in records {
            reader.add(TimedRecord(nanoseconds: ms * millisecond, record: record))
        }
        return reader.finish()
    }

    private func pulled(_ node: UInt64, _ round: UInt64) -> TraceRecord {
        TraceRecord(
            .pulled, node: node, group: group, ballot: Ballot(round: round, node: node))
    }

    private func committed(
        _ node: UInt64, _ index: UInt64, of owner: UInt64 = 1, _ round: UInt64 = 3,
        group: UInt64 = group
    ) -> TraceRecord {
        let point = LogPoint(
            index: index, ballot: Ballot(round: round, node: owner), checksum: index)
        return TraceRecord(.committed, node: node, group: group, point: point)
    }

    private func serving(_ node: UInt64, _ served: UInt64) -> TraceRecord {
        TraceRecord(.serving, node: node, peer: served)
    }

    @Test func `marks each step of a fault`() {
        let course = course(
            [
                (500, serving(2, 1)), (900, pulled(1, 3)), (1290, committed(1, 10)),
                (1291, committed(2, 8)),
                // The victim's own opinion detects nothing.
                (1310, serving(1, 0)), (1340, serving(2, 0)), (1420, serving(2, 2)),
                (1421, pulled(2, 4)), (1430, committed(2, 10)),
                (1450, committed(2, 11, of: 2, 4)), (1590, committed(2, 90, of: 2, 4)),
                (1650, committed(1, 89, of: 2, 4)), (1700, committed(1, 90, of: 2, 4)),
            ], fault: fault)
        #expect(
            course.markers
                == Course.Markers(
                    injected_ms: 300, detected_ms: 340, elected_ms: 420, first_commit_ms: 450,
                    healed_ms: 600, caught_up_ms: 700))
        #expect(
            course.tenures == [
                Course.Tenure(t_ms: 0, node: 1, ballot: "3.1"),
                Course.Tenure(t_ms: 421, node: 2, ballot: "4.2"),
            ])
        #expect(course.ownerChanges == 1)
    }

    @Test func `marks nothing that did not happen`() {
        let course = course(
            [(900, pulled(1, 3)), (1400, committed(1, 20)), (1500, committed(2, 20))],
            fault: CourseReader.Fault(
                injected: 1300 * millisecond, healed: 1600 * millisecond, victims: [2], served: 1))
        let markers = course.markers
        #expect(markers?.detected_ms == nil && markers?.elected_ms == nil)
        #expect(markers?.first_commit_ms == nil && markers?.caught_up_ms == nil)
        #expect(course.ownerChanges == 0)
    }

    @Test func `says how far behind each node was in each window`() {
        let course = course(
            [
                (1010, committed(1, 5)), (1090, committed(2, 2)),
                (1095, committed(2, 50, group: 1)),
                (1150, committed(1, 9)), (1990, committed(2, 9)),
            ], fault: nil)
        #expect(course.lag.map(\.node) == [1, 2])
        #expect(course.lag[0].entries == Array(repeating: 0, count: 10))
        #expect(course.lag[1].entries == [3, 7, 7, 7, 7, 7, 7, 7, 7, 0])
        #expect(course.markers == nil)
    }

    @Test func `has only the owners of the measured time`() {
        let course = course(
            [(100, pulled(2, 1)), (900, pulled(1, 3)), (1500, pulled(2, 4)), (2500, pulled(1, 5))],
            fault: nil)
        #expect(course.tenures.map(\.ballot) == ["3.1", "4.2"])
    }
}
