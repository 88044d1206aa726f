/// A promise that outlives the directory that gave it.
///
/// A proposer has the promise of one voter alone, under a ballot above the owner's, when that voter
/// loses its disk. The owner, which hears nothing of the proposer, names the new directory, and
/// commits with its vote what one more voter does not hear of. Then that one promises too: with the
/// promise of the directory that is gone it would be a quorum that knows nothing of what is
/// committed. Or it does not hear of the naming either, which must then not be committed at all.
extension Schedule {
    /// One play; returns when it is over.
    mutating func outlive(_ start: UInt64) -> UInt64 {
        let cast = shuffledVoters()
        let (owner, renewed, late) = (cast[0], cast[1], cast[2])
        let proposer = plan.clients > 0 ? Int(plan.voters) : cast[3]
        let loyal = (0..<count).filter { ![owner, renewed, late, proposer].contains($0) }
        let parted = start + step() + step()
        let wiped = parted + step()
        let back = wiped + step()
        let named = back + timeout / 4 + step()
        let unheard = random.chance(500) ? named : back
        let heard = named + step() + step()
        let over = heard + step() + step()

        add(start, parted - start, .pull(owner))
        add(parted, back - parted, .cut(links([owner], [renewed]), isNoticed: false))
        add(parted, over - parted, .cut(links([proposer], [owner] + loyal), isNoticed: false))
        add(parted, heard - parted, .clog([Fault.Line(from: proposer, to: late)]))
        add(parted + 1, over - parted, .pull(proposer))
        // What the late voter has is the better log, so that it is the one to be adopted.
        add(parted + 1, 1, .push(owner))
        add(wiped, back - wiped, .renew(renewed))

        add(unheard, over - unheard, .cut(ways(from: [owner], to: [late]), isNoticed: false))
        for _ in 0..<3 { add(random.within(named + 1...heard), 1, .push(owner)) }
        return over
    }
}
