/// An owner that hears too late what it was told under an earlier ballot of its own.
///
/// Parted from all but one voter, the witness, it pushes a tail that only the witness takes. The
/// others find another owner. Then the first owns again, with a shorter log, and pushes to fewer
/// voters than a quorum needs; and now the answers of the witness arrive.
extension Schedule {
    private struct Cast {
        let owner: Int
        let witness: Int
        let rival: Int
        /// Voters that the owner reaches at last: with the witness they would be a quorum.
        let kept: [Int]
        let rest: [Int]
    }

    /// One play; returns when it is over.
    mutating func overtake(_ start: UInt64) -> UInt64 {
        let cast = cast()
        let (owner, witness) = (cast.owner, cast.witness)
        let others = (0..<count).filter { $0 != owner && $0 != witness }
        let parted = start + step()
        let joined = parted + step() + step()
        let stranded = joined + step() + step()
        let heard = stranded + step()
        let back = [Fault.Line(from: witness, to: owner)]
        let forth = [Fault.Line(from: owner, to: witness)]

        add(start, parted - start, .pull(owner))
        add(parted, heard - parted, .clog(back))
        add(parted, heard - parted, .cut(links([witness], others), isNoticed: false))
        add(parted, joined - parted, .cut(links([owner], others), isNoticed: false))
        add(parted, 1, .push(owner))
        add(parted + 1, joined - parted, .pull(cast.rival))

        add(joined, heard - joined, .cut(forth, isNoticed: false))
        add(joined, stranded - joined, .pull(owner))
        add(stranded, heard - stranded + step(), .cut(links([owner], cast.rest), isNoticed: false))
        add(stranded + 1, 1, .push(owner))
        return heard + step()
    }

    private mutating func cast() -> Cast {
        var voters = Array(0..<Int(plan.voters))
        let isClient = plan.voters < 5 || (plan.clients > 0 && random.chance(500))
        let owner =
            isClient
            ? Int(plan.voters) + random.below(Int(plan.clients))
            : voters.remove(at: random.below(voters.count))
        let witness = voters.remove(at: random.below(voters.count))
        let rival = voters[random.below(voters.count)]
        let kept = Int(plan.voters) / 2 - (isClient ? 0 : 1)
        return Cast(
            owner: owner, witness: witness, rival: rival, kept: Array(voters.prefix(kept)),
            rest: Array(voters.dropFirst(kept)))
    }
}
