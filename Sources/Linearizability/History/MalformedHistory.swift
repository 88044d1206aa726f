/// A history that no clients can have seen.
public enum MalformedHistory: Error, Hashable, Sendable, CustomStringConvertible {
    /// An operation returns before its call.
    case returnsBeforeItsCall(client: UInt64, call: UInt64, end: UInt64)
    /// A client calls while another operation of its own is running.
    case callsWhileCalling(client: UInt64, running: UInt64, end: UInt64, call: UInt64)
    /// An operation is finished that was never begun, or was finished before.
    case finishesNothing(ticket: Int)

    /// What is wrong, and what to do about it.
    public var description: String {
        switch self {
        case .returnsBeforeItsCall(let client, let call, let end):
            "client \(client) calls at \(call) what returned at \(end): "
                + "take both times from one clock that never goes back"
        case .callsWhileCalling(let client, let running, let end, let call):
            "client \(client) calls at \(call), while its call of \(running) runs until \(end): "
                + "give each concurrent caller a client number of its own"
        case .finishesNothing(let ticket):
            "operation \(ticket) is not running: finish each operation once, with its own ticket"
        }
    }
}
