internal import ADO
internal import ADOApps
internal import ADOObjects

// The stores of two vectors: their keys, and what can matter for one.

/// Where a key of a store leads.
struct Lead {
    /// The place in the data vector; nil if the key has no value.
    let place: UInt64?
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
            case .append, .extend, .pop: return nil
            case .insert, .remove, .raise, .get, .count, .occupied: continue
            }
        }
        return found.allSatisfy { $0.reply != nil } ? found : nil
    }
}

extension MetaVector: Explainable {
    static func describe(_ reply: [UInt8], to method: Method) -> String? {
        switch method {
        case .put, .drop, .find: Meta?.of(reply: reply).map(text)
        case .putAll:
            [Meta?].of(reply: reply).map { metas in
                "[" + metas.map(text).joined(separator: ", ") + "]"
            }
        case .reachable: (try? [UInt64].decoded(from: reply)).map { "\($0)" }
        case .seal: "done"
        }
    }

    private static func text(_ meta: Meta?) -> String { meta.map { "at \($0.index)" } ?? "nil" }

    static func describe(_ method: Method) -> String {
        switch method {
        case .put(let key, let meta, _): "put(\(key.displayed), at: \(meta.index))"
        case .putAll(let pointers):
            "put("
                + pointers.map { "\($0.key.displayed) at \($0.meta.index)" }
                .joined(separator: ", ") + ")"
        case .drop(let key, _): "drop(\(key.displayed))"
        case .find(let key, _): "find(\(key.displayed))"
        case .seal, .reachable: "\(method)"
        }
    }

    static func read(key: String, in state: MetaVector) -> Method? {
        .find(key, hash: state.hash(of: key) ?? KeyHash.fnv1a(key))
    }

    static func lead(of key: String, in reply: [UInt8]) -> Lead? {
        Meta?.of(reply: reply).map { Lead(place: $0?.index) }
    }

    /// The changes of the key: one that was accepted is accepted after any part of the log, whose
    /// floor is no higher.
    static func relevant(
        to question: Method, among earlier: () -> [Replied<Self>]
    ) -> [Replied<Self>]? {
        guard case .find(let key, let hash) = question else { return nil }
        let found = earlier().filter { entry in
            switch entry.method {
            case .put(key, _, hash), .drop(key, hash): true
            case .putAll(let pointers): pointers.contains { $0.key == key && $0.hash == hash }
            case .put, .drop, .find, .seal, .reachable: false
            }
        }
        return found.allSatisfy { $0.reply != nil } ? found : nil
    }
}
