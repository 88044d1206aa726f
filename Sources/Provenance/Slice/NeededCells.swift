internal import ADO

/// The cells that what comes later depends on, while a slice walks backwards.
struct NeededCells {
    private struct Property {
        var isWhole = false
        var keys: Set<[UInt8]> = []
    }

    private var isEverything = false
    private var properties: [String: Property] = [:]

    var isEmpty: Bool { !isEverything && properties.isEmpty }

    /// The cells, in the order of their names; nil for any of the state.
    var list: [Cell]? {
        guard !isEverything else { return nil }
        return properties.sorted { $0.key < $1.key }.flatMap { name, property -> [Cell] in
            guard !property.isWhole else { return [.property(name)] }
            let keys = property.keys.sorted { $0.lexicographicallyPrecedes($1) }
            return keys.map { .element(name, key: $0) }
        }
    }

    mutating func insert(_ cells: Cells) {
        guard case .known(let cells) = cells else {
            isEverything = true
            return
        }
        for cell in cells {
            switch cell {
            case .property(let name): properties[name, default: Property()].isWhole = true
            case .element(let name, let key):
                properties[name, default: Property()].keys.insert(key)
            }
        }
    }

    func overlaps(_ cells: Cells) -> Bool {
        switch cells {
        case .unknown: !isEmpty
        case .known(let cells): cells.contains(where: overlaps)
        }
    }

    func overlaps(_ cell: Cell) -> Bool {
        if isEverything { return true }
        guard let property = properties[cell.property] else { return false }
        switch cell {
        case .property: return true
        case .element(_, let key): return property.isWhole || property.keys.contains(key)
        }
    }

    /// Needs a cell no more, because somebody sets it whatever it was; false if that takes nothing
    /// away, for instance because it is one element of a property that is needed as a whole.
    mutating func remove(_ cell: Cell) -> Bool {
        guard !isEverything, var property = properties[cell.property] else { return false }
        switch cell {
        case .property(let name):
            properties[name] = nil
            return true
        case .element(let name, let key):
            guard !property.isWhole, property.keys.remove(key) != nil else { return false }
            properties[name] = property.keys.isEmpty ? nil : property
            return true
        }
    }
}
