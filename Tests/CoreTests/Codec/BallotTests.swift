import CMultiPaxos
import Testing

@testable import ADOSimulator

@Suite struct `A ballot` {
    @Test func `is ordered by round and then by node`() {
        #expect(mp_ballot(1, 9) < mp_ballot(2, 1))
        #expect(mp_ballot(2, 1) < mp_ballot(2, 2))
        #expect(mp_ballot(2, 2) == mp_ballot(2, 2))
        #expect(mp_ballot(2, 5) < mp_ballot(2, clientBit | 1))
        #expect(mp_ballot.none < mp_ballot(1, 0))
        #expect(mp_ballot(UInt64.max - 1, 0) < mp_ballot(UInt64.max, 0))
    }

    @Test func `is less than equal to or greater than any other in exactly one way`() {
        let values: [UInt64] = [0, 1, 2, clientBit - 1, clientBit, .max]
        let ballots = values.flatMap { round in values.map { mp_ballot(round, $0) } }
        for a in ballots {
            for b in ballots {
                let ways = [a < b, a == b, b < a].count { $0 }
                #expect(ways == 1)
                #expect(mp_ballot_compare(a, b) == -mp_ballot_compare(b, a))
            }
        }
    }
}

@Suite struct `A status` {
    @Test func `has a name and a sentence for every code`() {
        for code in UInt32(0)..<15 {
            let status = mp_status(code)
            #expect(String(cString: mp_status_name(status)).hasPrefix("MP_"))
            let text = String(cString: mp_status_text(status))
            #expect(!text.isEmpty && !text.hasSuffix("."))
            #expect(text != "unknown status")
        }
        #expect(String(cString: mp_status_text(mp_status(99))) == "unknown status")
        #expect(String(cString: mp_status_name(mp_status(99))) == "MP_UNKNOWN")
    }
}
