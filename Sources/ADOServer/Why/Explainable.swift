internal import ADO
internal import ADOApps
internal import ADOObjects

extension BinaryCodable {
    /// A reply as what it encodes, nil if the bytes are none: `try?` would make one of that nil and
    /// of a nil that was decoded.
    static func of(reply bytes: [UInt8]) -> Self? { try? decoded(from: bytes) }
}

/// An object whose replies can be shown to a reader.
protocol Explainable: AtomicObject {
    /// A reply to a method, as one would write it; nil if the bytes are none.
    static func describe(_ reply: [UInt8], to method: Method) -> String?

    /// A method, as one would write it.
    static func describe(_ method: Method) -> String

    /// The method that reads a key; nil if the object has no keys.
    ///
    /// The state is that of the end of the log, or what is known of it.
    static func read(key: String, in state: Self) -> Method?

    /// A cell and its value in a state, as one would write it; nil if that cannot be told.
    static func value(of cell: Cell, in state: Self) -> String?

    /// Where a reply to the method that reads a key leads; nil if it is the value itself.
    static func lead(of key: String, in reply: [UInt8]) -> Lead?

    /// The calls that can matter for a reply, where more is known than the footprints say; nil
    /// where it is not.
    ///
    /// The earlier calls cost a replay, for those who ask for them.
    static func relevant(
        to question: Method, among earlier: () -> [Replied<Self>]
    ) -> [Replied<Self>]?

    /// The earlier entry that stood in the way, if a reply says that something did.
    static func blocker(
        of reply: [UInt8], to method: Method, among earlier: [Replied<Self>]
    ) -> Blocker?
}

/// An entry and its reply; nil if it threw.
struct Replied<Object: AtomicObject> {
    let index: UInt64
    let method: Object.Method
    let reply: [UInt8]?

    /// The reply as what it encodes.
    func reply<Value: BinaryCodable>(as type: Value.Type) -> Value? {
        reply.flatMap { try? Value.decoded(from: $0) }
    }
}

/// An entry that stands in the way of a later one.
struct Blocker {
    let index: UInt64
    /// What it holds, and since when.
    let sentence: String
}

extension Explainable {
    static func describe(_ method: Method) -> String { "\(method)" }

    static func read(key: String, in state: Self) -> Method? { nil }

    static func value(of cell: Cell, in state: Self) -> String? { nil }

    static func lead(of key: String, in reply: [UInt8]) -> Lead? { nil }

    static func relevant(
        to question: Method, among earlier: () -> [Replied<Self>]
    ) -> [Replied<Self>]? { nil }

    static func blocker(
        of reply: [UInt8], to method: Method, among earlier: [Replied<Self>]
    ) -> Blocker? { nil }
}

extension KeyValue: Explainable {
    static func describe(_ reply: [UInt8], to method: Method) -> String? {
        switch method {
        case .set, .get, .remove: String?.of(reply: reply).map(text)
        case .count: (try? Int.decoded(from: reply)).map { "\($0)" }
        case .meta: Meta?.of(reply: reply).map { $0.map { "\($0.size) bytes" } ?? "nil" }
        }
    }

    static func read(key: String, in state: KeyValue) -> Method? { .get(key) }

    static func value(of cell: Cell, in state: KeyValue) -> String? {
        guard case .element(_, let bytes) = cell else { return nil }
        let key = String(decoding: bytes, as: UTF8.self)
        return "\(key.displayed): \(text(state[key]))"
    }

    private static func text(_ value: String?) -> String { value.map { "\"\($0)\"" } ?? "nil" }
}

extension Counter: Explainable {
    static func describe(_ reply: [UInt8], to method: Method) -> String? {
        (try? Int.decoded(from: reply)).map { "\($0)" }
    }
}

extension BankAccount: Explainable {
    static func describe(_ reply: [UInt8], to method: Method) -> String? {
        (try? Int.decoded(from: reply)).map { "\($0)" }
    }
}

extension Lock: Explainable {
    static func describe(_ reply: [UInt8], to method: Method) -> String? {
        switch method {
        case .tryAcquire:
            UInt64?.of(reply: reply).map { $0.map { "token \($0)" } ?? "held" }
        case .release: (try? Bool.decoded(from: reply)).map { "\($0)" }
        case .holder:
            LockHolder?.of(reply: reply).map { holder in
                holder.map { "owner \($0.owner), token \($0.token)" } ?? "free"
            }
        }
    }

    static func blocker(
        of reply: [UInt8], to method: Method, among earlier: [Replied<Self>]
    ) -> Blocker? {
        guard case .tryAcquire = method, UInt64?.of(reply: reply) == .some(nil) else {
            return nil
        }
        // Nobody else was granted it since: the last grant is the one in force.
        guard
            let grant = earlier.last(where: { $0.reply(as: UInt64?.self) ?? nil != nil && $0.isTry }
            ),
            case .tryAcquire(let owner) = grant.method
        else { return nil }
        return Blocker(
            index: grant.index, sentence: "the lock is held by \(owner) since entry \(grant.index)")
    }
}

extension Replied<Lock> {
    fileprivate var isTry: Bool {
        if case .tryAcquire = method { return true }
        return false
    }
}

extension Queue: Explainable where Element == String {
    static func describe(_ reply: [UInt8], to method: Method) -> String? {
        switch method {
        case .dequeue, .first:
            String?.of(reply: reply).map { $0.map { "\"\($0)\"" } ?? "nil" }
        case .enqueue, .count: (try? Int.decoded(from: reply)).map { "\($0)" }
        }
    }
}

/// The types whose logs can be explained.
enum ExplainableTypes {
    static let all: [any Explainable.Type] = [
        KeyValue.self, Counter.self, BankAccount.self, Lock.self, Queue<String>.self,
        ResourceManager.self, TimeoutLock.self, DVector<String>.self, DVector<MetaBucket>.self,
        MetaVector.self,
    ]

    static func has(_ name: String) -> Bool { all.contains { $0.typeName == name } }

    static func named(_ name: String) throws(Failure) -> any Explainable.Type {
        if let type = all.first(where: { $0.typeName == name }) { return type }
        let names = all.map { $0.typeName }.joined(separator: ", ")
        throw Failure("logs of \(name) cannot be explained here; those of \(names) can")
    }
}
