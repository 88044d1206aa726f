/// Judges what a peer acknowledged without a log, by what replaced what.
///
/// Each write tells whose value it replaced, values are unique and no write is repeated, so the
/// writes of a key are a chain: each acknowledged one is what the key has at the end, or was
/// replaced by exactly one other. One that was replaced by nobody is lost, unless a write without
/// an answer may have replaced it. One that was replaced twice came back, or was forked.
struct ReadBack {
    /// What a key has at the end.
    enum Last: Sendable, Equatable {
        case nothing
        case writer(UInt64)
        /// What no request of the run wrote.
        case garbage
    }

    struct Outcome: Sendable, Equatable {
        var lost: UInt64 = 0
        var findings = Findings()
    }

    private struct Chain: Sendable {
        /// Acknowledged writes that nobody said to have replaced, and that are not the last.
        var unreplaced: UInt64 = 0
        /// One of them.
        var example: UInt64 = 0
        /// Writes without an answer.
        var unknown: UInt64 = 0
        /// Acknowledged writes that found nothing.
        var first: UInt64 = 0
        /// What is there at the end was replaced, or is older than what was acknowledged.
        var isBack = false

        /// Acknowledged writes of which the key shows that they are gone.
        var lost: UInt64 {
            let missing = unreplaced > unknown ? unreplaced - unknown : 0
            return max(missing, isBack ? 1 : 0, first > 1 ? first - 1 : 0)
        }
    }

    let evidence: Evidence
    let values: Values
    /// By the position of the key.
    let last: [Last]

    private var sessions: [Int: Evidence.Session] = [:]
    private var replaced: [Int: Bitmap] = [:]
    private var chains: [Chain]
    private var outcome = Outcome()

    init(_ evidence: Evidence, _ values: Values, last: [Last]) {
        precondition(last.count == values.keys.count, "each key is read back")
        self.evidence = evidence
        self.values = values
        self.last = last
        chains = [Chain](repeating: Chain(), count: last.count)
        for session in evidence.sessions.values {
            sessions[session.client] = session
            replaced[session.client] = Bitmap(count: Int(session.ledger.last) + 1)
        }
    }

    /// Judges everything, once.
    mutating func run() -> Outcome {
        eachWrite { judge, id, session, request in
            guard case .acknowledged = session.ledger.fate(request) else { return }
            judge.follow(id, session, request)
        }
        judgeLast()
        judgeChains()
        return outcome
    }

    private mutating func eachWrite(
        _ body: (inout ReadBack, UInt64, Evidence.Session, UInt64) -> Void
    ) {
        for (client, session) in sessions where session.ledger.last > 0 {
            for request in 1...session.ledger.last {
                body(&self, Values.id(client: client, request: request), session, request)
            }
        }
    }

    /// The request with this id, if it may have taken effect.
    private func written(_ id: UInt64) -> (session: Evidence.Session, request: UInt64)? {
        let client = Int(id >> 48) - 1
        let request = id & (1 << 48 - 1)
        guard let session = sessions[client], session.ledger.contains(request) else { return nil }
        switch session.ledger.fate(request) {
        case .refused, .rejected: return nil
        case .open, .acknowledged, .forgotten: return (session, request)
        }
    }

    private mutating func offend(_ kind: Offence.Kind, _ detail: String) {
        outcome.findings.add(Offence(kind: kind, node: 0, detail: detail))
    }
}

// MARK: - The chain of a key

extension ReadBack {
    /// Takes note of what an acknowledged write replaced.
    private mutating func follow(
        _ id: UInt64, _ session: Evidence.Session, _ request: UInt64
    ) {
        let before = session.ledger.witness(request)
        guard before != 0 else { return }
        guard let (writer, number) = written(before), values.keyIndex(of: before) == key(id) else {
            offend(.wrongResult, "\(name(id)) replaced the value of \(hex(before)), no write of it")
            return
        }
        if let old = writer.ledger.interval(number), let new = session.ledger.interval(request),
            new.precedes(old)
        {
            offend(
                .reordered, "\(name(id)) replaced \(name(before)), which was called only after it")
        }
        guard replaced[writer.client]?.insert(number) == true else {
            offend(.wrongResult, "\(name(before)) was replaced twice, the second by \(name(id))")
            return
        }
    }

    private mutating func judgeLast() {
        for (key, last) in last.enumerated() {
            switch last {
            case .nothing: continue
            case .garbage:
                offend(.wrongContent, "\(values.keys[key]) has what nobody wrote")
            case .writer(let id):
                guard let (writer, number) = written(id), self.key(id) == key else {
                    offend(.foreign, "\(values.keys[key]) has the value of \(hex(id))")
                    continue
                }
                guard replaced[writer.client]?[number] == true else { continue }
                chains[key].isBack = true
                offend(
                    .lost,
                    "\(values.keys[key]) has the value of \(name(id)) again, which was replaced")
            }
        }
    }

    private mutating func judgeChains() {
        eachWrite { judge, id, session, request in
            let key = judge.key(id)
            switch session.ledger.fate(request) {
            case .refused, .rejected: return
            case .open, .forgotten: judge.chains[key].unknown += 1
            case .acknowledged:
                if session.ledger.witness(request) == 0 { judge.chains[key].first += 1 }
                judge.overtaken(id, session, request, key)
                guard judge.last[key] != .writer(id),
                    judge.replaced[session.client]?[request] == false
                else { return }
                judge.chains[key].unreplaced += 1
                judge.chains[key].example = id
            }
        }
        for (key, chain) in chains.enumerated() {
            outcome.lost += chain.lost
            if chain.unreplaced > chain.unknown {
                offend(
                    .lost,
                    """
                    \(values.keys[key]): \(chain.unreplaced) acknowledged writes were replaced by \
                    nobody and are not there, with \(chain.unknown) in doubt; one of them is \
                    \(name(chain.example))
                    """)
            }
            if chain.first > 1 {
                offend(.lost, "\(values.keys[key]) was empty \(chain.first) times")
            }
        }
    }

    /// Offends if a write was called after that had returned which the key has at the end.
    private mutating func overtaken(
        _ id: UInt64, _ session: Evidence.Session, _ request: UInt64, _ key: Int
    ) {
        guard case .writer(let final) = last[key], final != id,
            let (writer, number) = written(final),
            let old = writer.ledger.interval(number), let new = session.ledger.interval(request),
            old.precedes(new)
        else { return }
        chains[key].isBack = true
        offend(.lost, "\(values.keys[key]) has \(name(final)), though \(name(id)) came after it")
    }

    private func key(_ id: UInt64) -> Int { values.keyIndex(of: id) }

    private func name(_ id: UInt64) -> String {
        "request \(id & (1 << 48 - 1)) of client \(id >> 48)"
    }
}

// MARK: - Falsification, to see that the verdict notices

extension ReadBack.Last {
    /// Shows the value before the last write of some key; false if no key has one.
    static func plantLoss(_ last: inout [Self], _ evidence: Evidence) -> Bool {
        for key in last.indices {
            guard case .writer(let id) = last[key],
                let session = evidence.sessions.values.first(where: {
                    $0.client == Int(id >> 48) - 1
                }),
                case .acknowledged = session.ledger.fate(id & (1 << 48 - 1))
            else { continue }
            let before = session.ledger.witness(id & (1 << 48 - 1))
            guard before != 0 else { continue }
            last[key] = .writer(before)
            return true
        }
        return false
    }
}
