/// What the audit of one log found, in bounded memory.
struct Findings: Sendable, Equatable {
    static let offencesKept = 8

    var entries: UInt64 = 0
    /// Method entries that took effect: the first of their request.
    var applied: UInt64 = 0
    /// Later entries of a request, which the session table answers.
    var suppressed: UInt64 = 0

    private(set) var counts: [Offence.Kind: UInt64] = [:]
    /// The first of each kind, and a few more.
    private(set) var offences: [Offence] = []

    var isClean: Bool { counts.isEmpty }

    func count(_ kind: Offence.Kind) -> UInt64 { counts[kind, default: 0] }

    mutating func add(_ offence: Offence) {
        counts[offence.kind, default: 0] += 1
        guard counts[offence.kind] == 1 || offences.count < Self.offencesKept else { return }
        offences.append(offence)
    }
}

/// A falsification of what is read, to see that the audit notices.
struct PlantedFault: Sendable {
    var plant: Plant
    var index: UInt64

    /// How many times the entry at `index` is shown.
    func copies(of index: UInt64) -> Int {
        guard index == self.index else { return 1 }
        return plant == .loss ? 0 : 2
    }

    /// The entry of a request in the middle of the run that was acknowledged at the first try.
    init?(_ plant: Plant, in evidence: Evidence) {
        guard plant == .loss || plant == .duplicate else { return nil }
        self.plant = plant
        for session in evidence.sessions.values where session.ledger.last > 0 {
            let middle = (session.ledger.last + 1) / 2
            for request in middle...session.ledger.last where session.attempts[request] == nil {
                guard case .acknowledged(let index) = session.ledger.fate(request) else { continue }
                self.index = index
                return
            }
        }
        return nil
    }
}
