/// The faults that a trouble consists of, once it is known who leads.
extension Trouble {
    /// What is to happen, and to whom.
    struct Course {
        var faults: [(at: UInt64, lasts: UInt64, fault: Fault)] = []
        /// Those who have it worse than the others.
        var affected: [Int] = []
    }

    func course(_ stage: inout Stage) -> Course {
        let at = stage.span(self.at)
        let lasts = stage.span(self.lasts)
        var course = Course()
        let once = { (faults: [Fault]) in faults.map { (at: at, lasts: lasts, fault: $0) } }
        switch kind {
        case .weather(let loss, let duplication, let delay, let damage):
            course.faults = once([
                .loss(stage.random.within(loss)), .duplication(duplication), .delay(delay),
                .corruption(damage),
            ])
        case .links(let topology):
            course.faults = topologyFaults(topology, at, lasts, &stage)
        case .flap(let period): course.faults = flapFaults(period, at, lasts, &stage)
        case .swizzle: course.faults = swizzleFaults(at, lasts, &stage)
        case .throttle(let role):
            course.affected = stage.places(role)
            course.faults = throttleFaults(course.affected, at, lasts, stage)
        case .crowd: course.faults = once([.crowd])
        case .failFlush(let role, isForever: true):
            course.affected = stage.places(role)
            let step = stage.timeout / 2
            for place in course.affected {
                for start in stride(from: at, to: at + lasts, by: Int(step)) {
                    course.faults.append((start, step, .flushError(place)))
                }
            }
        default:
            course.affected = stage.places(role)
            course.faults = once(faults(course.affected, &stage))
        }
        return course
    }

    /// Of the kinds that happen to a role all at once.
    private var role: Role {
        switch kind {
        case .kill(let role), .pause(let role), .throttle(let role), .part(let role),
            .lag(let role, _), .skew(let role, _), .jump(let role, _), .slowDisk(let role, _),
            .fullDisk(let role), .failFlush(let role, _), .tear(let role), .rot(let role, _),
            .rollback(let role), .wipe(let role), .renew(let role):
            role
        case .links, .weather, .flap, .swizzle, .crowd: .anyone
        }
    }

    private func faults(_ places: [Int], _ stage: inout Stage) -> [Fault] {
        switch kind {
        case .kill: return places.map { .crash($0) }
        case .pause: return places.map { .pause($0) }
        case .part:
            return [.cut(stage.lines(around: places), isNoticed: stage.random.chance(500))]
        case .lag(_, let delay): return [.lag(stage.lines(around: places), stage.time(delay))]
        case .skew(_, let rates):
            return places.map { .skew($0, rates[stage.random.below(rates.count)]) }
        case .jump(_, let step): return places.map { .jump($0, stage.span(step)) }
        case .slowDisk(_, let delay): return places.map { .slowDisk($0, stage.time(delay)) }
        case .fullDisk: return places.map { .fullDisk($0) }
        case .failFlush: return places.map { .flushError($0) }
        case .tear: return places.map { .tear($0, isNoticed: stage.random.chance(500)) }
        case .rot(_, let rot): return places.map { rotFault($0, rot, &stage) }
        case .rollback: return places.map { .rollback($0) }
        case .wipe: return places.map { .wipe($0) }
        case .renew: return places.map { .renew($0) }
        case .throttle, .links, .weather, .flap, .swizzle, .crowd: return []
        }
    }

    private func rotFault(_ place: Int, _ rot: Rot, _ stage: inout Stage) -> Fault {
        switch rot {
        case .hardState: .rot(place, frame: nil)
        case .anEntry: .rot(place, frame: place * 3 + stage.random.below(3))
        case .theSameEntry: .rot(place, frame: stage.entry)
        }
    }

    // MARK: Kinds that take several faults

    private typealias Faults = [(at: UInt64, lasts: UInt64, fault: Fault)]

    private func topologyFaults(
        _ topology: Topology, _ at: UInt64, _ lasts: UInt64, _ stage: inout Stage
    ) -> Faults {
        let order = stage.shuffled()
        var at = at
        var faults: Faults = []
        if case .constrained = topology {
            // First its log falls behind.
            let early = 2 * stage.timeout
            faults.append((at, early, .cut(stage.lines(around: [order[1]]), isNoticed: false)))
            at += early
        }
        let isNoticed = stage.random.chance(500)
        return faults + [(at, lasts, .cut(topology.lost(order), isNoticed: isNoticed))]
    }

    private func flapFaults(
        _ period: ClosedRange<Double>, _ at: UInt64, _ lasts: UInt64, _ stage: inout Stage
    ) -> Faults {
        let order = stage.shuffled()
        let lines = [
            Fault.Line(from: order[0], to: order[1]), Fault.Line(from: order[1], to: order[0]),
        ]
        let period = stage.span(period)
        let isNoticed = stage.random.chance(500)
        return stride(from: at, to: at + lasts, by: Int(period)).map { start in
            (start, period / 2, .cut(lines, isNoticed: isNoticed))
        }
    }

    private func swizzleFaults(_ at: UInt64, _ lasts: UInt64, _ stage: inout Stage) -> Faults {
        let into = stage.shuffled()
        let out = stage.shuffled()
        let step = lasts / UInt64(2 * into.count)
        return into.enumerated().map { number, place in
            let start = at + UInt64(number) * step
            let order = out.firstIndex(of: place) ?? 0
            let end = at + lasts / 2 + UInt64(order + 1) * step
            return (start, end - start, .clog(stage.lines(around: [place])))
        }
    }

    private func throttleFaults(
        _ places: [Int], _ at: UInt64, _ lasts: UInt64, _ stage: Stage
    ) -> Faults {
        let period = stage.timeout / 2
        return places.flatMap { place in
            stride(from: at, to: at + lasts, by: Int(period)).map { start in
                (start, period * 9 / 10, .pause(place))
            }
        }
    }
}
