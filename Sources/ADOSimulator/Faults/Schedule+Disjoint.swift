/// Two owners, each with a change of the voters that the other has not seen.
///
/// The first asks for its change parted from everybody, so that nobody else has it. The second has
/// the promises of a quorum, but reaches only one of it with its change, and commits it with that
/// one. Then the first owns again, by a quorum of the voters that it alone knows of.
extension Schedule {
    /// One play; returns when it is over.
    mutating func disjoin(_ start: UInt64) -> UInt64 {
        let cast = shuffledVoters()
        let (first, second, loyal, late) = (cast[0], cast[1], cast[2], cast[3])
        let asked = start + step()
        let parted = asked + step()
        let alone = parted + 2_000
        let promised = alone + step()
        let changed = promised + step()
        let over = changed + step() + step()

        // What it asked for arrives; the answers come when nothing more leaves it.
        let others = [second, loyal, late]
        add(asked, parted - asked, .clog(ways(from: others, to: [first])))
        add(asked + 1, alone - asked, .rival(first))
        add(parted - 1, changed - parted, .cut(ways(from: [first], to: others), isNoticed: false))
        add(alone, changed - alone, .cut(ways(from: others, to: [first]), isNoticed: false))

        // The answer of one voter comes when nothing more reaches it.
        add(alone, promised - alone, .clog([Fault.Line(from: late, to: second)]))
        add(alone + 1, changed - alone, .rival(second))
        let unheard = Fault.Line(from: second, to: late)
        add(promised - 1, over - promised, .cut([unheard], isNoticed: false))

        let sides = links([first, late], [second, loyal]).filter { $0 != unheard }
        add(changed, over - changed, .cut(sides, isNoticed: false))
        add(changed + 1, over - changed, .rival(first))
        return over
    }
}
