/// Collects a history while it happens.
///
///     var recorder = Recorder<KeyValueModel<String, Int>.Input, Int?>()
///     let ticket = recorder.begin(.get("x"), client: 1, at: clock.now)
///     try recorder.finish(ticket, .returned(nil, at: clock.now))
///     let verdict = KeyValueModel().check(try recorder.history())
public struct Recorder<Input: Sendable, Output: Sendable>: Sendable {
    /// The number of an operation that was begun.
    public typealias Ticket = Int

    private enum Entry: Sendable {
        case running(client: UInt64, input: Input, call: UInt64)
        case finished(History<Input, Output>.Operation)
        case discarded
    }

    private var entries: [Entry] = []

    /// Makes an empty recorder.
    public init() {}

    /// Notes that a client calls an operation.
    public mutating func begin(_ input: Input, client: UInt64, at time: UInt64) -> Ticket {
        entries.append(.running(client: client, input: input, call: time))
        return entries.count - 1
    }

    /// Notes what came of an operation.
    public mutating func finish(
        _ ticket: Ticket, _ outcome: History<Input, Output>.Outcome
    ) throws(MalformedHistory) {
        guard entries.indices.contains(ticket),
            case .running(let client, let input, let call) = entries[ticket]
        else { throw .finishesNothing(ticket: ticket) }
        entries[ticket] = .finished(
            .init(client: client, input: input, call: call, outcome: outcome))
    }

    /// Forgets an operation that is known not to have happened, and never will.
    public mutating func discard(_ ticket: Ticket) throws(MalformedHistory) {
        guard entries.indices.contains(ticket), case .running = entries[ticket] else {
            throw .finishesNothing(ticket: ticket)
        }
        entries[ticket] = .discarded
    }

    /// The history so far; the outcome of what still runs is unknown.
    public func history() throws(MalformedHistory) -> History<Input, Output> {
        var operations: [History<Input, Output>.Operation] = []
        for entry in entries {
            switch entry {
            case .running(let client, let input, let call):
                operations.append(
                    .init(client: client, input: input, call: call, outcome: .unknown))
            case .finished(let operation): operations.append(operation)
            case .discarded: continue
            }
        }
        return try History(operations)
    }
}
