/// Draws the faults of a run, all of them before it begins.
///
/// Swarm testing: a run has few classes of faults, at rates of its own, because runs in which
/// everything fails never get far enough to break in an interesting way.
struct Schedule {
    var random: Random
    let plan: Plan
    private var drawn: [(at: UInt64, lasts: UInt64, fault: Fault)] = []
    /// Members whose disk lost something for good: always fewer than would take the quorum away.
    private var damaged: Set<Int> = []

    static func draw(_ plan: Plan, only classes: Set<FaultClass>?) -> [Injection] {
        var schedule = Schedule(plan)
        var swarm = Random(seed: plan.seed ^ 0xFA17)
        for faultClass in FaultClass.allCases {
            // Drawn in any case, so that a run with fewer classes has the same faults of the rest.
            let isChosen = swarm.chance(plan.play == nil ? 350 : 100)
            let isOn = faultClass.isPlay ? faultClass == plan.play : isChosen
            let seed = swarm.next()
            guard isOn, classes?.contains(faultClass) ?? true else { continue }
            schedule.random = Random(seed: seed)
            schedule.drawAll(faultClass)
        }
        let sorted = schedule.drawn.enumerated().sorted { left, right in
            (left.element.at, left.offset) < (right.element.at, right.offset)
        }
        return sorted.enumerated().map { number, drawn in
            let (at, lasts, fault) = drawn.element
            return Injection(id: number + 1, at: at, lasts: lasts, fault: fault)
        }
    }

    private init(_ plan: Plan) {
        self.plan = plan
        random = Random(seed: plan.seed)
    }

    var timeout: UInt64 { plan.timeout }

    private mutating func drawAll(_ faultClass: FaultClass) {
        switch faultClass {
        case .loss: weather { .loss([10, 50, 200, 500][$0.below(4)]) }
        case .duplication: weather { .duplication([50, 300][$0.below(2)]) }
        case .delay: weather { .delay([20, 200][$0.below(2)]) }
        case .corruption: weather { .corruption([2, 20][$0.below(2)]) }
        case .partition: often { .cut($0.lines(&$1), isNoticed: $1.chance(300)) }
        case .clog: often { .clog($0.lines(&$1)) }
        case .crash: often { .crash($1.below($0.count)) }
        case .pause: often { .pause($1.below($0.count)) }
        case .slowDisk: often { .slowDisk($0.voter(&$1), $1.within(1_000...$0.plan.timeout)) }
        case .fullDisk: often { .fullDisk($0.voter(&$1)) }
        case .flushError: often { .flushError($0.voter(&$1)) }
        case .skew:
            often { .skew($1.below($0.count), [500, 900, 990, 1010, 1100, 2000][$1.below(6)]) }
        case .jump: often { .jump($1.below($0.count), $1.within(1_000...4 * $0.plan.timeout)) }
        case .clients: often { $0.plan.clients == 0 ? nil : .replaceClient($0.client(&$1)) }
        case .trim: often { .trim($0.voter(&$1)) }
        case .damage:
            forGood { place, random in
                switch random.below(3) {
                case 0: .tear(place, isNoticed: true)
                case let kind: .damage(place, group: random.below(8), isHard: kind == 1)
                }
            }
        case .wipe: forGood { $1.chance(500) ? .wipe($0) : .rollback($0) }
        case .renew: renewals()
        case .rivals: rivals()
        case .overtaken: again { $0.overtake($1) }
        case .disjoint: again { $0.disjoin($1) }
        case .learning: again { $0.learn($1) }
        case .rotten: again { $0.rot($1) }
        // Not beside votes that are lost for good, as in renewals().
        case .outlived: if damaged.isEmpty { again { $0.outlive($1) } }
        case .unstored: again { $0.outrunDisk($1) }
        }
    }

    // MARK: Kinds of schedules

    /// One or two spells that all links have in common.
    private mutating func weather(_ fault: (inout Random) -> Fault) {
        for _ in 0...random.below(2) {
            let at = random.below(plan.trouble)
            add(at, random.within(timeout...plan.trouble), fault(&random))
        }
    }

    /// Again and again, with pauses that are drawn once per run.
    private mutating func often(_ fault: (Schedule, inout Random) -> Fault?) {
        let pause = [timeout / 2, 2 * timeout, 6 * timeout][random.below(3)]
        var at = random.below(pause)
        while at < plan.trouble {
            let lasts = random.within(timeout / 8...[timeout, 4 * timeout][random.below(2)])
            var own = random
            let drawn = fault(self, &own)
            random = own
            if let drawn { add(at, lasts, drawn) }
            at += random.within(pause / 2...2 * pause)
        }
    }

    /// On fewer members than a quorum has to spare.
    private mutating func forGood(_ fault: (Int, inout Random) -> Fault) {
        // Who must be spared is not known before the run if the voters change in it.
        let spare = plan.changes > 0 ? 0 : (Int(plan.voters) - 1) / 2
        for _ in 0..<spare {
            let place = random.below(Int(plan.voters))
            let at = random.below(plan.trouble)
            let lasts = random.within(timeout / 8...timeout)
            let drawn = fault(place, &random)
            guard damaged.contains(place) || damaged.count < spare else { continue }
            damaged.insert(place)
            add(at, lasts, drawn)
        }
    }

    /// The one member whose disk is damaged, again and again.
    mutating func theDamaged() -> Int {
        let place = damaged.min() ?? random.below(Int(plan.voters))
        damaged.insert(place)
        return place
    }

    /// One member after the other, again and again: each time a quorum keeps its disks.
    ///
    /// Not beside votes that are lost for good or for long, nor where voters change: all might be
    /// lost.
    private mutating func renewals() {
        let spares = plan.voters > 2 && plan.changes == 0
        guard spares, damaged.isEmpty, plan.play != .rotten else { return }
        let pause = plan.timeout * [2, 4, 8][random.below(3)]
        var at = random.below(pause)
        while at < plan.trouble {
            let place = random.below(Int(plan.voters))
            let lasts = random.within(timeout / 8...timeout)
            add(at, lasts, .renew(place))
            at += lasts + random.within(pause / 2...2 * pause)
        }
    }

    /// One parting after the other, often from the moment on in which both proposers have pulled.
    private mutating func rivals() {
        var at = random.below(timeout)
        while at < plan.trouble {
            let lasts = random.within(timeout / 8...3 * timeout)
            let lag = random.chance(500) ? 0 : random.within(500...20_000)
            let side = someMembers()
            let other = (0..<count).filter { !side.contains($0) }
            for members in [side, other] {
                add(at, lasts, .rival(members[random.below(members.count)]))
            }
            add(at + lag, lasts, parting(side, other))
            // Answers of one member come late, for proposers that have pulled again since.
            if random.chance(500) {
                let late = random.below(count)
                let lines = (0..<count).filter { $0 != late }.map { Fault.Line(from: late, to: $0) }
                add(at + lag, random.within(lasts...3 * lasts), .clog(lines))
            }
            at += lasts + (random.chance(500) ? 0 : random.below(timeout / 2))
        }
    }

    /// Mostly nothing passes; sometimes it arrives afterwards, from one side or from both.
    private mutating func parting(_ side: [Int], _ other: [Int]) -> Fault {
        var lines: [Fault.Line] = []
        let isOneWay = random.chance(300)
        for a in side {
            for b in other {
                lines.append(Fault.Line(from: a, to: b))
                if !isOneWay { lines.append(Fault.Line(from: b, to: a)) }
            }
        }
        return random.chance(700) ? .cut(lines, isNoticed: random.chance(200)) : .clog(lines)
    }

    mutating func add(_ at: UInt64, _ lasts: UInt64, _ fault: Fault) {
        drawn.append((at, lasts, fault))
    }

    // MARK: Plays

    /// One play after the other, each from a time on and with the time at which it is over.
    private mutating func again(_ play: (inout Schedule, UInt64) -> UInt64) {
        var at = random.below(timeout)
        while at < plan.trouble { at = play(&self, at) + random.below(timeout) }
    }

    /// Some round trips.
    mutating func step() -> UInt64 { random.within(8_000...60_000) }

    /// All voters, in any order.
    mutating func shuffledVoters() -> [Int] {
        var left = Array(0..<Int(plan.voters))
        return left.indices.map { _ in left.remove(at: random.below(left.count)) }
    }

    /// All links between two sides, in both directions.
    func links(_ side: [Int], _ other: [Int]) -> [Fault.Line] {
        side.flatMap { a in
            other.flatMap { [Fault.Line(from: a, to: $0), Fault.Line(from: $0, to: a)] }
        }
    }

    /// All links from one side to another.
    func ways(from side: [Int], to other: [Int]) -> [Fault.Line] {
        side.flatMap { a in other.map { Fault.Line(from: a, to: $0) } }
    }

    // MARK: Whom

    var count: Int { Int(plan.voters + plan.clients) }

    private func voter(_ random: inout Random) -> Int { random.below(Int(plan.voters)) }

    /// Some, but not all.
    private mutating func someMembers() -> [Int] {
        let all = Array(0..<count)
        let chosen = all.filter { _ in random.chance(500) }
        return chosen.isEmpty || chosen.count == all.count ? [random.below(all.count)] : chosen
    }

    private func client(_ random: inout Random) -> Int {
        Int(plan.voters) + random.below(Int(plan.clients))
    }

    /// Between two sides, or some links alone; in both directions, or in one.
    private func lines(_ random: inout Random) -> [Fault.Line] {
        let isOneWay = random.chance(300)
        let isPartial = random.chance(400)
        let sides = (0..<count).map { _ in random.chance(500) }
        var lines: [Fault.Line] = []
        for a in 0..<count {
            for b in 0..<count where a != b && (a < b || isOneWay) {
                let isCut = isPartial ? random.chance(300) : sides[a] != sides[b]
                if !isCut || isOneWay && !isPartial && sides[a] { continue }
                lines.append(Fault.Line(from: a, to: b))
                if !isOneWay { lines.append(Fault.Line(from: b, to: a)) }
            }
        }
        return lines
    }
}
