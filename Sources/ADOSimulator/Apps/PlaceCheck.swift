internal import ADO
package import ADOApps
package import ADOObjects
package import ADOSpec

/// Whether everything that a meta vector leads to is in the data vector.
package enum PlaceCheck {
    /// Judges what leads to a value, and what may lead to one that is not there yet.
    static func judge(
        _ metas: [(key: String, meta: Meta)], pending: [(key: String, meta: Meta)] = [],
        _ data: DVector<String>
    ) -> Violation? {
        for (key, meta) in metas + pending {
            guard meta.index < data.count else {
                return broken("\(key) leads to \(meta.index), and the data ends at \(data.count)")
            }
            guard let value = data[meta.index] else { continue }
            guard value.utf8.count == meta.size else {
                return broken("\(key) has \(value.utf8.count) bytes and not \(meta.size)")
            }
        }
        if let (key, meta) = metas.first(where: { data[$0.meta.index] == nil }) {
            return broken("\(key) leads to \(meta.index), which was freed")
        }
        var seen: Set<UInt64> = []
        let shared = (metas + pending).first { !seen.insert($0.meta.index).inserted }
        return shared.map { broken("\($0.key) and another key lead to \($0.meta.index)") }
    }

    /// Judges the objects of a store, of either kind.
    package static func judge(
        locked: DVector<MetaBucket>, free: MetaVector, _ data: DVector<String>
    ) -> Violation? {
        let metas = locked.elements.flatMap { zip($0.element.keys, $0.element.values) }
        let settled = free.entries.compactMap { key, leads in leads.settled.map { (key, $0) } }
        let pending = free.entries.flatMap { key, leads in leads.pending.map { (key, $0) } }
        return judge(metas.map { ($0, $1) } + settled, pending: pending, data)
    }

    private static func broken(_ explanation: String) -> Violation {
        Violation(rule: "places", explanation: explanation)
    }
}
