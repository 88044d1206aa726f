internal import ADO

extension Cell {
    /// One element of a property, by a key of text.
    static func of(_ property: String, _ key: String) -> Cell {
        .element(property, of: key)
    }
}

extension Footprint {
    /// Looks at these cells and changes nothing.
    static func reads(_ cells: Cell...) -> Footprint {
        Footprint(reads: .known(Set(cells)), writes: .none)
    }

    /// Changes these cells, in a way that depends on them.
    static func changes(_ cells: Cell...) -> Footprint {
        Footprint(reads: .known(Set(cells)), writes: .known(Set(cells)))
    }

    /// Gives one element a value, whatever it was; looks at it for the reply.
    static func sets(_ cell: Cell) -> Footprint {
        let isWhole = cell == .property(cell.property)
        return Footprint(
            reads: .known([cell]), writes: .known([cell]), overwrites: isWhole ? [] : [cell])
    }

    /// Changes one cell, depending on some.
    static func derives(_ cell: Cell, from cells: Cell...) -> Footprint {
        Footprint(reads: .known(Set(cells)), writes: .known([cell]))
    }
}
