internal import ADO
internal import ADOApps
internal import ADOObjects
internal import ADOSpec

/// Whether everything that a meta vector leads to is in the data vector.
enum PlaceCheck {
    static func judge(_ metas: [(key: String, meta: Meta)], _ data: DVector<String>) -> Violation? {
        for (key, meta) in metas {
            guard meta.index < data.count else {
                return broken("\(key) leads to \(meta.index), and the data ends at \(data.count)")
            }
            guard let value = data[meta.index] else {
                return broken("\(key) leads to \(meta.index), which was freed")
            }
            guard value.utf8.count == meta.size else {
                return broken("\(key) has \(value.utf8.count) bytes and not \(meta.size)")
            }
        }
        var seen: Set<UInt64> = []
        let shared = metas.first { !seen.insert($0.meta.index).inserted }
        return shared.map { broken("\($0.key) and another key lead to \($0.meta.index)") }
    }

    private static func broken(_ explanation: String) -> Violation {
        Violation(rule: "places", explanation: explanation)
    }
}
