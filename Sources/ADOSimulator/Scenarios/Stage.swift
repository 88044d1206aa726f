/// Who plays which part in a run of a scenario.
struct Stage {
    let leader: Int
    let count: Int
    let timeout: UInt64
    /// All the same record of all nodes, where a scenario says so.
    let entry: Int
    var random: Random

    mutating func places(_ role: Trouble.Role) -> [Int] {
        let followers = Array(shuffled().dropFirst())
        let spare = (count - 1) / 2
        switch role {
        case .leader: return [leader]
        case .follower: return Array(followers.prefix(1))
        case .anyone: return [random.below(count)]
        case .minority: return Array(followers.prefix(spare))
        case .minorityWithLeader: return [leader] + followers.prefix(spare - 1)
        case .majority:
            let all = random.chance(500) ? [leader] + followers : followers + [leader]
            return Array(all.prefix(count / 2 + 1))
        case .all: return [leader] + followers
        }
    }

    /// The leader, and the others in an order that is drawn.
    mutating func shuffled() -> [Int] {
        var others = (0..<count).filter { $0 != leader }
        for last in others.indices.reversed() where last > 0 {
            others.swapAt(last, random.below(last + 1))
        }
        return [leader] + others
    }

    mutating func span(_ range: ClosedRange<Double>) -> UInt64 {
        let least = UInt64(range.lowerBound * Double(timeout))
        return random.within(least...max(least, UInt64(range.upperBound * Double(timeout))))
    }

    /// A share of T in thousandths, as time.
    mutating func time(_ range: ClosedRange<UInt64>) -> UInt64 {
        random.within(range) * timeout / 1000
    }

    /// The links between these and all others, in both directions.
    func lines(around places: [Int]) -> [Fault.Line] {
        var lines: [Fault.Line] = []
        for inside in places {
            for outside in 0..<count where !places.contains(outside) {
                lines.append(Fault.Line(from: inside, to: outside))
                lines.append(Fault.Line(from: outside, to: inside))
            }
        }
        return lines
    }
}
