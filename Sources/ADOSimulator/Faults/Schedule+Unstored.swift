/// A voter learns faster than its disk writes, and is asked for what it has not stored.
///
/// Parted from all, an owner pushes a tail that nobody takes. Another one owns, and commits more in
/// its place than servers keep in memory. The first, its disk slow, hears of that and learns it all
/// while the disk still holds the tail. A third that missed the same entries reaches nobody else,
/// and asks for them.
extension Schedule {
    /// One play; returns when it is over.
    mutating func outrunDisk(_ start: UInt64) -> UInt64 {
        // The late one asks the rival, in vain for a timeout, and then the next voter.
        let rival = random.below(count)
        let owner = (rival + 1) % count
        let late = (rival + 2 + random.below(count - 2)) % count
        let others = (0..<count).filter { $0 != owner && $0 != late }
        let deaf = others.filter { $0 != rival }
        let parted = start + step() + step()
        let replaced = parted + step() + step()
        let heard = replaced + 4 * step()
        let outrun = heard + step()
        let over = outrun + timeout + random.within(timeout / 4...timeout)

        add(start, parted - start, .pull(owner))
        add(parted, heard - parted, .cut(links([owner], others), isNoticed: false))
        add(parted, outrun - parted, .cut(links([late], [owner, rival]), isNoticed: false))
        add(parted, over - parted, .cut(links([late], deaf), isNoticed: false))
        add(parted + 1, 1, .push(owner))
        add(parted + 1, replaced - parted, .pull(rival))
        for _ in 0..<12 { add(random.within(replaced...outrun), 1, .push(rival)) }

        // What it promises the rival is stored before its disk is slow: it may say what it lacks.
        add(heard, outrun - heard, .cut(ways(from: [owner], to: others), isNoticed: false))
        add(heard + 1, 1, .push(rival))
        add(outrun - 1, over - outrun, .slowDisk(owner, over - outrun))
        add(outrun, over - outrun, .cut(ways(from: [late], to: [rival]), isNoticed: false))
        return over
    }
}
