public import ADO

/// Whether each request of a group is carried out at most once, and once if its client was told so.
///
/// A log may hold a request several times; replicas carry out one of them and answer the others
/// from memory. So this is fed with what ran, by any replica, and with what clients were told.
public struct ExactlyOnce: Sendable {
    private var runs: [Request: UInt64] = [:]
    private var told: Set<Request> = []

    /// Makes a checker that has seen nothing.
    public init() {}

    /// A replica carried out `request`, as the entry at `index`.
    public mutating func ran(_ request: Request, at index: UInt64) -> Violation? {
        guard let first = runs[request] else {
            runs[request] = index
            return nil
        }
        guard first != index else { return nil }
        return broken("\(Self.name(request)) is carried out at \(first) and at \(index)")
    }

    /// A client was told that `request` is done, by the entry at `index` if that is known.
    public mutating func acknowledged(_ request: Request, at index: UInt64? = nil) -> Violation? {
        told.insert(request)
        guard let index, let first = runs[request], first > index else { return nil }
        return broken("\(Self.name(request)) ran at \(first), but was answered for \(index)")
    }

    /// Says what was acknowledged, but never carried out; for the end of a run.
    public func finish() -> Violation? {
        guard let lost = told.first(where: { runs[$0] == nil }) else { return nil }
        return broken("\(Self.name(lost)) was acknowledged, but never carried out")
    }

    private static func name(_ request: Request) -> String {
        "request \(request.number) of session \(request.session)"
    }

    private func broken(_ explanation: String) -> Violation {
        Violation(rule: "exactly once", explanation: explanation)
    }
}
