import ADO
import ADOSpec
import Testing

@Suite struct `A trace record` {
    @Test func `is one line`() {
        let ballot = Ballot(round: 7, node: 3)
        let record = TraceRecord(
            .committed, time: 1_250_000, node: 2, group: 1, ballot: ballot, by: ballot,
            point: LogPoint(index: 4, ballot: Ballot(round: 6, node: 1), checksum: 0x9f))
        #expect(record.description == "1.250000 node 2 group 1 committed 7.3 at 4@6.1 #9f")
        let serving = TraceRecord(.serving, node: 1, peer: 3)
        #expect(serving.description == "0.000000 node 1 serving with 3")
    }

    @Test func `has a name for each kind`() {
        #expect(Set(TraceKind.allCases.map(\.description)).count == TraceKind.allCases.count)
    }
}
