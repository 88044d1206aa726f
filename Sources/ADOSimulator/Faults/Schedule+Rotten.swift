/// An owner's tail rots that others have replaced, before its node hears of that.
///
/// Parted from all, the owner pushes a tail that nobody takes. Another one owns, and commits other
/// entries in its place. The first stops, a frame of it rots, and when it starts again it can ask
/// the others for the frame before any of them tells it what is committed there now.
extension Schedule {
    /// One play; returns when it is over.
    mutating func rot(_ start: UInt64) -> UInt64 {
        let owner = theDamaged()
        let others = shuffledVoters().filter { $0 != owner }
        let rival = others[0]
        let parted = start + step() + step()
        let replaced = parted + step() + step()
        let stopped = replaced + step()
        let started = stopped + step()
        let over = started + random.within(timeout...4 * timeout)

        add(start, parted - start, .pull(owner))
        add(parted, stopped - parted, .cut(links([owner], others), isNoticed: false))
        add(parted + 1, 1, .push(owner))
        add(parted + 1, replaced - parted, .pull(rival))
        add(replaced, 1, .push(rival))

        add(replaced, over - replaced, .clog(ways(from: others, to: [owner])))
        let group = random.below(plan.groups.count)
        add(stopped, started - stopped, .damage(owner, group: group, isHard: false))
        return over
    }
}
