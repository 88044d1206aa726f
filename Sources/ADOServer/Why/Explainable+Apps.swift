internal import ADO
internal import ADOApps
internal import ADOObjects

// The objects that applications are made of, and who stands in whose way there.

extension ResourceManager: Explainable {
    static func describe(_ reply: [UInt8], to method: Method) -> String? {
        switch method {
        case .enroll: (try? Enrolment.decoded(from: reply)).map { "\($0)" }
        case .prepare: (try? Vote.decoded(from: reply)).map(text)
        case .decide: (try? Ruling.decoded(from: reply)).map(text)
        case .quantity, .outcome: nil
        }
    }

    private static func text(_ vote: Vote) -> String {
        switch vote {
        case .yes: "yes"
        case .no(.locked(let resource)): "no: \(resource) is locked"
        case .no(.insufficient(let resource)): "no: there is not enough of \(resource)"
        case .no(.late): "no: the transaction came too late"
        case .fenced(let epoch): "fenced by \(epoch.number).\(epoch.manager)"
        }
    }

    private static func text(_ ruling: Ruling) -> String {
        switch ruling {
        case .decided(let decision): "decided: \(decision)"
        case .unknown: "unknown here"
        case .fenced(let epoch): "fenced by \(epoch.number).\(epoch.manager)"
        }
    }

    static func describe(_ method: Method) -> String {
        switch method {
        case .enroll(let epoch): "enroll(\(epoch.number).\(epoch.manager))"
        case .prepare(let id, let changes):
            "prepare(\(id), "
                + changes.map { "\($0.resource) by \($0.amount)" }.joined(separator: ", ") + ")"
        case .decide(let id, let decision, _): "decide(\(id), \(decision))"
        case .quantity, .outcome: "\(method)"
        }
    }

    static func blocker(
        of reply: [UInt8], to method: Method, among earlier: [Replied<Self>]
    ) -> Blocker? {
        guard case .prepare = method, let vote = try? Vote.decoded(from: reply) else { return nil }
        switch vote {
        case .no(.locked(let resource)): return holder(of: resource, among: earlier)
        case .fenced(let epoch):
            guard let newer = earlier.last(where: { $0.method == .enroll(epoch) }) else {
                return nil
            }
            return Blocker(
                index: newer.index,
                sentence: "another transaction manager enrolled with entry \(newer.index)")
        case .yes, .no: return nil
        }
    }

    private static func holder(
        of resource: String, among earlier: [Replied<Self>]
    ) -> Blocker? {
        var holders: [(id: TransactionID, index: UInt64)] = []
        for entry in earlier {
            switch entry.method {
            case .prepare(let id, let changes):
                guard changes.contains(where: { $0.resource == resource }),
                    entry.reply(as: Vote.self) == .yes
                else { continue }
                if !holders.contains(where: { $0.id == id }) { holders.append((id, entry.index)) }
            case .decide(let id, _, _):
                if case .decided = entry.reply(as: Ruling.self) {
                    holders.removeAll { $0.id == id }
                }
            case .enroll, .quantity, .outcome: continue
            }
        }
        return holders.first.map { id, index in
            Blocker(
                index: index,
                sentence: "\(resource) is locked by transaction \(id), prepared by entry \(index) "
                    + "and not decided since")
        }
    }
}

extension TimeoutLock: Explainable {
    static func describe(_ reply: [UInt8], to method: Method) -> String? {
        switch method {
        case .tryAcquire:
            switch try? Attempt.decoded(from: reply) {
            case .granted(let token): "granted, token \(token)"
            case .held(let grant): "held, \(text(grant))"
            case nil: nil
            }
        case .release, .checkIn: (try? Bool.decoded(from: reply)).map { "\($0)" }
        case .tick, .grant: Grant?.of(reply: reply).map { $0.map(text) ?? "free" }
        }
    }

    private static func text(_ grant: Grant) -> String {
        "owner \(grant.owner), token \(grant.token), \(grant.elapsed) of \(grant.patience) ticks"
    }

    static func blocker(
        of reply: [UInt8], to method: Method, among earlier: [Replied<Self>]
    ) -> Blocker? {
        guard case .tryAcquire = method, case .held(let grant) = try? Attempt.decoded(from: reply),
            let entry = earlier.first(where: {
                $0.reply(as: Attempt.self) == .granted(token: grant.token)
            })
        else { return nil }
        return Blocker(
            index: entry.index,
            sentence: "the lock is held by \(grant.owner) since entry \(entry.index), token "
                + "\(grant.token); \(grant.elapsed) of \(grant.patience) ticks passed without a "
                + "sign of life")
    }
}

extension DVector: Explainable where Element: Displayable {
    static func describe(_ reply: [UInt8], to method: Method) -> String? {
        switch method {
        case .append, .count: (try? UInt64.decoded(from: reply)).map { "\($0)" }
        case .get, .insert, .pop:
            Element?.of(reply: reply).map { $0.map(\.displayed) ?? "nil" }
        default: nil
        }
    }

    static func describe(_ method: Method) -> String {
        switch method {
        case .insert(let element, let index, _): "insert(\(element.displayed), at: \(index))"
        case .append(let element, _, _): "append(\(element.displayed))"
        case .fill(let elements, let indices, _, let reserved, _):
            "fill("
                + zip(indices, elements).map { "\($0) with \($1.displayed)" }
                .joined(separator: ", ")
                + (reserved > 0 ? "\(indices.isEmpty ? "" : ", ")reserving \(reserved))" : ")")
        default: "\(method)"
        }
    }

    static func read(key: String, in state: DVector) -> Method? { bucket(of: key, in: state) }

    static func lead(of key: String, in reply: [UInt8]) -> Lead? {
        guard Element.self == MetaBucket.self else { return nil }
        return MetaBucket?.of(reply: reply).map { bucket in
            Lead(places: bucket?[key].map { [$0.index] } ?? [])
        }
    }

    static func relevant(
        to question: Method, among earlier: () -> [Replied<DVector>]
    ) -> [Replied<DVector>]? { writes(readBy: question, among: earlier) }
}

/// What can be shown to a reader in few words.
protocol Displayable {
    var displayed: String { get }
}

extension String: Displayable {
    var displayed: String { "\"\(count > 40 ? prefix(39) + "…" : self[...])\"" }
}

extension KeyBucket: Displayable where Value == Meta {
    var displayed: String {
        let places = zip(keys, values).map { "\($0.displayed) at \($1.index)" }
        return "[" + places.joined(separator: ", ") + "]"
    }
}
