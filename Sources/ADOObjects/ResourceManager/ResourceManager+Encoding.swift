public import ADO
internal import HashTreeCollections

extension ResourceManager {
    /// Appends the epoch, the highest transaction, quantities, what is undecided, and the history.
    public func writeState(to writer: inout Writer) {
        epoch.write(to: &writer)
        highest.write(to: &writer)
        writer.varint(UInt64(quantities.count))
        let named = quantities.sorted {
            $0.key.utf8.lexicographicallyPrecedes($1.key.utf8)
        }
        for (name, quantity) in named {
            writer.string(name)
            quantity.write(to: &writer)
        }
        writer.varint(UInt64(undecided.count))
        for id in prepared {
            id.write(to: &writer)
            (undecided[id] ?? []).write(to: &writer)
        }
        decisions.write(to: &writer)
        decided.write(to: &writer)
    }

    /// Reads a manager whose names and transactions rise.
    public static func readState(
        from reader: inout Reader
    ) throws(DecodingFailure) -> ResourceManager {
        var manager = ResourceManager()
        manager.epoch = try .read(from: &reader)
        manager.highest = try .read(from: &reader)
        try manager.readQuantities(from: &reader)
        try manager.readUndecided(from: &reader)
        manager.decisions = try .read(from: &reader)
        let decided = try [Decided].read(from: &reader)
        guard UInt64(decided.count) == min(manager.decisions, historyMax) else {
            throw .malformed
        }
        var number = manager.decisions - UInt64(decided.count)
        for decision in decided {
            number += 1
            manager.history[number] = decision
        }
        return manager
    }

    private mutating func readQuantities(from reader: inout Reader) throws(DecodingFailure) {
        var last: String?
        for _ in 0..<(try reader.length()) {
            let name = try reader.string()
            if let last, !last.utf8.lexicographicallyPrecedes(name.utf8) { throw .malformed }
            guard quantities.updateValue(try .read(from: &reader), forKey: name) == nil else {
                throw .malformed
            }
            last = name
        }
    }

    private mutating func readUndecided(from reader: inout Reader) throws(DecodingFailure) {
        var last: TransactionID?
        for _ in 0..<(try reader.length()) {
            let id = try TransactionID.read(from: &reader)
            if let last, id <= last { throw .malformed }
            // Named, or it would be read as an optional.
            undecided[id] = try [ResourceChange].read(from: &reader)
            last = id
        }
    }
}
