/// A voter far behind fetches what is committed, and the owner it fetches from is overtaken.
///
/// Parted from all it misses more than owners keep in memory. Then it hears from the owner alone,
/// over a slow link. Meanwhile the owner gets a tail that nobody else takes; another one pulls,
/// adopts that tail and commits it. So the voter learns entries that were committed by an owner it
/// has never heard of, and that are of an older ballot.
extension Schedule {
    /// One play; returns when it is over.
    mutating func learn(_ start: UInt64) -> UInt64 {
        let cast = shuffledVoters()
        let (owner, rival, learner) = (cast[0], cast[1], cast[2])
        let others = (0..<count).filter { $0 != owner && $0 != learner }
        let missed = start + step() + step()
        let heard = missed + 4 * step()
        let stranded = heard + step()
        let overtaken = stranded + step()
        let over = overtaken + 4 * step() + random.below(timeout)
        let slow = random.within(2_000...30_000)

        add(start, missed - start, .pull(owner))
        add(missed, over - missed, .cut(links([learner], others), isNoticed: false))
        add(missed, heard - missed, .cut(links([learner], [owner]), isNoticed: false))
        for _ in 0...random.below(3) { add(random.within(missed...heard), 1, .push(owner)) }

        add(heard - 1, over - heard, .lag(links([learner], [owner]), slow))
        add(heard, 1, .push(owner))
        let unheard = ways(from: [owner], to: others)
        add(stranded, overtaken - stranded, .cut(unheard, isNoticed: false))
        add(stranded + 1, 1, .push(owner))
        add(overtaken + 1, over - overtaken, .pull(rival))
        return over
    }
}
