internal import ADO
internal import ADOObjects

/// An object whose replies can be shown to a reader.
protocol Explainable: AtomicObject {
    /// A reply to a method, as one would write it; nil if the bytes are none.
    static func describe(_ reply: [UInt8], to method: Method) -> String?
}

extension KeyValue: Explainable {
    static func describe(_ reply: [UInt8], to method: Method) -> String? {
        switch method {
        case .set, .get, .remove: (try? String?.decoded(from: reply)).map(text)
        case .count: (try? Int.decoded(from: reply)).map { "\($0)" }
        case .meta: (try? Meta?.decoded(from: reply)).map { $0.map { "\($0.size) bytes" } ?? "nil" }
        }
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
            (try? UInt64?.decoded(from: reply)).map { $0.map { "token \($0)" } ?? "held" }
        case .release: (try? Bool.decoded(from: reply)).map { "\($0)" }
        case .holder:
            (try? LockHolder?.decoded(from: reply)).map { holder in
                holder.map { "owner \($0.owner), token \($0.token)" } ?? "free"
            }
        }
    }
}

extension Queue: Explainable where Element == String {
    static func describe(_ reply: [UInt8], to method: Method) -> String? {
        switch method {
        case .dequeue, .first:
            (try? String?.decoded(from: reply)).map { $0.map { "\"\($0)\"" } ?? "nil" }
        case .enqueue, .count: (try? Int.decoded(from: reply)).map { "\($0)" }
        }
    }
}

extension ResourceManager: Explainable {
    static func describe(_ reply: [UInt8], to method: Method) -> String? {
        switch method {
        case .enroll: (try? Enrolment.decoded(from: reply)).map { "\($0)" }
        case .prepare: (try? Vote.decoded(from: reply)).map { "\($0)" }
        case .decide: (try? Ruling.decoded(from: reply)).map { "\($0)" }
        case .quantity, .outcome: nil
        }
    }
}

/// The types whose logs can be explained.
enum ExplainableTypes {
    static let all: [any Explainable.Type] = [
        KeyValue.self, Counter.self, BankAccount.self, Lock.self, Queue<String>.self,
        ResourceManager.self,
    ]

    static func named(_ name: String) throws(Failure) -> any Explainable.Type {
        if let type = all.first(where: { $0.typeName == name }) { return type }
        let names = all.map { $0.typeName }.joined(separator: ", ")
        throw Failure("logs of \(name) cannot be explained here; those of \(names) can")
    }
}
