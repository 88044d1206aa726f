/// A part of an object's state.
public enum Cell: Sendable, Hashable {
    /// A stored property, with all that it holds.
    case property(String)

    /// One element of a stored property that is a dictionary, by its encoded key.
    case element(String, key: [UInt8])

    /// One element of a stored property that is a dictionary of strings.
    ///
    /// Strings that are canonically equivalent are one key, whatever their bytes. A key that may
    /// not be in its composed form is not told from others: then it is the whole property.
    public static func element(_ property: String, of key: String) -> Cell {
        let isPlain = key.unicodeScalars.allSatisfy { scalar in
            plainScalars.contains { $0.contains(scalar.value) }
        }
        return isPlain ? .element(property, key: Array(key.utf8)) : .property(property)
    }

    /// Scalars that are normalized as they are (NFC), alone and after each other: most letters of
    /// Latin, Greek and Cyrillic, kana, Chinese characters and Hangul syllables.
    static let plainScalars: [ClosedRange<UInt32>] = [
        0...0x2FF, 0x391...0x3C9, 0x400...0x481, 0x3041...0x3096, 0x30A1...0x30FA,
        0x4E00...0x9FFF, 0xAC00...0xD7A3,
    ]

    /// The name of the stored property.
    public var property: String {
        switch self {
        case .property(let name), .element(let name, key: _): name
        }
    }

    /// Whether two parts have something in common.
    public func overlaps(_ other: Cell) -> Bool {
        guard property == other.property else { return false }
        switch (self, other) {
        case (.element(_, let key), .element(_, let otherKey)): return key == otherKey
        default: return true
        }
    }
}

/// A set of cells, if it is known.
public enum Cells: Sendable, Hashable {
    /// These and no others; empty for none at all.
    case known(Set<Cell>)

    /// Any of the state, for all that can be said.
    case unknown

    /// No cell.
    public static let none = Cells.known([])

    /// Whether something may be in both.
    public func mayOverlap(_ other: Cells) -> Bool {
        switch (self, other) {
        case (.known(let own), .known(let others)):
            own.contains { cell in others.contains { cell.overlaps($0) } }
        case (.known(let cells), .unknown), (.unknown, .known(let cells)): !cells.isEmpty
        case (.unknown, .unknown): true
        }
    }
}

/// What a method may look at and what it may change.
///
/// `reads` and `writes` are upper bounds: a cell that is not named is not touched, a cell that is
/// named may be. So two methods of which neither may change what the other touches can be exchanged
/// in the log. `overwrites` is a promise: to name none is always right.
public struct Footprint: Sendable, Hashable {
    /// What the result and the changes may depend on.
    public var reads: Cells

    /// What may be different afterwards.
    public var writes: Cells

    /// What has, afterwards, a value that the arguments alone decide, whatever was there before.
    ///
    /// These are cells of `writes`; what came before them is of no account for what comes after.
    public var overwrites: Set<Cell>

    /// Makes a footprint.
    public init(reads: Cells, writes: Cells, overwrites: Set<Cell> = []) {
        self.reads = reads
        self.writes = writes
        self.overwrites = overwrites
    }

    /// Nothing can be said.
    public static let unknown = Footprint(reads: .unknown, writes: .unknown)

    /// Whether the order of two methods may matter.
    public func mayConflict(with other: Footprint) -> Bool {
        writes.mayOverlap(other.writes) || writes.mayOverlap(other.reads)
            || reads.mayOverlap(other.writes)
    }
}
