/// A falsification of the evidence, to see that the verdict notices.
package enum Plant: String, Sendable, CaseIterable {
    /// One acknowledged entry is hidden from what is read from the last replica.
    case loss
    /// One entry is shown twice in what is read from the last replica.
    case duplicate
    /// One read is said to have seen the state before the load began.
    case staleRead = "stale-read"
    /// The write with the highest index is said to have returned before the others were called.
    case reorder
    /// One write is said to have been answered with another result.
    case wrongResult = "wrong-result"
    /// One commit in the trace of the last server is of another history.
    case fork
}

extension Evidence {
    /// Falsifies what the clients saw; false if there is nothing that could be.
    ///
    /// What is planted into logs and traces is not done here.
    mutating func falsify(_ plant: Plant, _ values: Values) -> Bool {
        switch plant {
        case .loss, .duplicate, .fork: true
        case .staleRead: plantStaleRead(values)
        case .reorder: plantReorder()
        case .wrongResult: plantWrongResult()
        }
    }

    /// The last read of some client goes back to the state after the keys were first written, with
    /// the value that its key had there.
    private mutating func plantStaleRead(_ values: Values) -> Bool {
        let writer = sessions.values.first { $0.client == 0 }
        guard values.preload == values.keys.count,
            case .acknowledged(let index)? = writer?.ledger.fate(UInt64(values.preload))
        else { return false }
        for (id, session) in sessions {
            let number = session.reads.last
            guard var read = session.reads[number], read.index > index else { continue }
            let key = values.readKeyIndex(of: Values.id(client: session.client, request: number))
            read.index = index
            read.witness = Values.id(client: 0, request: UInt64(key) + 1)
            sessions[id]?.reads.answered(number, read)
            return true
        }
        return false
    }

    private mutating func plantReorder() -> Bool {
        var highest: (session: UInt64, request: UInt64, index: UInt64)?
        var start = UInt64.max
        for (id, session) in sessions where session.ledger.last > 0 {
            for request in 1...session.ledger.last {
                start = min(start, session.ledger.interval(request)?.called ?? .max)
                guard case .acknowledged(let index) = session.ledger.fate(request),
                    index > highest?.index ?? 0
                else { continue }
                highest = (id, request, index)
            }
        }
        guard let highest else { return false }
        sessions[highest.session]?.ledger.falsify(
            highest.request, Interval(called: start, returned: start))
        return true
    }

    private mutating func plantWrongResult() -> Bool {
        for (id, session) in sessions where session.ledger.last > 0 {
            for request in (session.ledger.last + 1) / 2...session.ledger.last {
                guard case .acknowledged = session.ledger.fate(request) else { continue }
                let witness = session.ledger.witness(request)
                sessions[id]?.ledger.falsify(request, witness: witness ^ 1)
                return true
            }
        }
        return false
    }
}
