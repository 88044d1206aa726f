internal import ADO
internal import ADOApps
internal import ADOObjects

// The stores of two vectors: their keys, and what can matter for one.

/// Where a key of a store leads.
struct Lead {
    /// Places in the data vector, of which the first that is filled has the value; none if the key
    /// has no value.
    let places: [UInt64]
}

extension DVector {
    /// The method that reads the bucket of a key, if this is the meta vector of a `KVLock`.
    ///
    /// The store may hash by a function of the program's own: a key that is there says itself where
    /// it is. Of one that is not, the bucket under the standard hash is as empty as any.
    static func bucket(of key: String, in state: DVector) -> Method? {
        guard let state = state as? DVector<MetaBucket> else { return nil }
        let own = state.elements.first { $0.element[key] != nil }?.index
        return .get(own ?? KeyHash.fnv1a(key) % KVLock.Options().slots)
    }

    /// The writes of the place that is read.
    ///
    /// A write that was admitted is admitted after any part of the log too, because a part has no
    /// higher fence: so no other write can matter, unless one of this place was refused, or places
    /// depend on the count.
    static func writes(
        readBy question: Method, among earlier: () -> [Replied<Self>]
    ) -> [Replied<Self>]? {
        guard case .get(let place) = question else { return nil }
        var found: [Replied<Self>] = []
        for entry in earlier() {
            switch entry.method {
            case .insert(_, at: place, _): found.append(entry)
            case .remove(let places, _) where places.contains(place): found.append(entry)
            case .append, .extend, .pop, .fill, .seal: return nil
            case .insert, .remove, .raise, .get, .count, .occupied, .look: continue
            }
        }
        return found.allSatisfy { $0.reply != nil } ? found : nil
    }
}

extension MetaVector: Explainable {
    static func describe(_ reply: [UInt8], to method: Method) -> String? {
        switch method {
        case .point:
            (try? Pointed.decoded(from: reply)).map {
                $0.freed.isEmpty ? "done" : "done, nothing leads to \($0.freed) any more"
            }
        case .drop, .leads: MetaLeads?.of(reply: reply).map(text)
        case .sort: (try? [UInt64].decoded(from: reply)).map { "nothing leads to \($0)" }
        case .seal: "done"
        }
    }

    private static func text(_ leads: MetaLeads?) -> String {
        guard let leads else { return "nil" }
        let pending = leads.pending.map { "at \($0.index), if that is filled" }
        let settled = leads.settled.map { ["at \($0.index)"] } ?? []
        return (pending + settled).joined(separator: ", or else ")
    }

    static func describe(_ method: Method) -> String {
        switch method {
        case .point(let pointers, let filled):
            let parts =
                pointers.map { "\($0.key.displayed) at \($0.meta.index)" }
                + (filled.isEmpty ? [] : ["filled: \(filled)"])
            return "point(" + parts.joined(separator: ", ") + ")"
        case .drop(let key, _): return "drop(\(key.displayed))"
        case .leads(let key, _): return "leads(\(key.displayed))"
        case .sort(let first, let end, let filled):
            return "sort(\(first)..<\(end), filled: \(filled))"
        case .seal: return "\(method)"
        }
    }

    static func read(key: String, in state: MetaVector) -> Method? {
        .leads(key, hash: state.hash(of: key) ?? KeyHash.fnv1a(key))
    }

    static func lead(of key: String, in reply: [UInt8]) -> Lead? {
        MetaLeads?.of(reply: reply).map { Lead(places: $0?.all.map(\.index) ?? []) }
    }

    /// The changes of the key, and what was learned of its places, or of places that the log does
    /// not say whose they are: the snapshot before it may.
    ///
    /// What was accepted is accepted after any part of the log, whose floor is no higher, unless
    /// something led to one of its places at some time before.
    static func relevant(
        to question: Method, among earlier: () -> [Replied<Self>]
    ) -> [Replied<Self>]? {
        guard case .leads(let key, let hash) = question else { return nil }
        let earlier = earlier()
        guard !usesPlacesAgain(earlier) else { return nil }
        let pointers = earlier.filter { $0.reply != nil }.flatMap(\.pointers)
        let others = pointers.filter { $0.key != key || $0.hash != hash }
        let foreign = Set(others.map(\.meta.index))
        let found = earlier.filter { entry in
            switch entry.method {
            case .point(let pointers, let filled):
                pointers.contains { $0.key == key && $0.hash == hash }
                    || !foreign.isSuperset(of: filled)
            case .drop(key, hash), .sort, .seal: true
            case .drop, .leads: false
            }
        }
        return found.allSatisfy { $0.reply != nil } ? found : nil
    }

    /// Whether a key was pointed to a place to which something led before, as no client does.
    private static func usesPlacesAgain(_ entries: [Replied<Self>]) -> Bool {
        var used: Set<UInt64> = []
        for entry in entries {
            guard entry.pointers.allSatisfy({ used.insert($0.meta.index).inserted }) else {
                return true
            }
            switch entry.method {
            case .point: used.formUnion(entry.reply(as: Pointed.self)?.freed ?? [])
            case .sort: used.formUnion(entry.reply(as: [UInt64].self) ?? [])
            case .drop:
                let led = entry.reply(as: MetaLeads?.self) ?? nil
                used.formUnion(led?.all.map(\.index) ?? [])
            case .leads, .seal: continue
            }
        }
        return false
    }
}

extension Replied<MetaVector> {
    /// What it points to places, also if that was refused.
    fileprivate var pointers: [MetaPointer] {
        if case .point(let pointers, _) = method { return pointers }
        return []
    }
}
