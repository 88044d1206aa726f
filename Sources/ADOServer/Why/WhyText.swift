internal import ADO
internal import MultiPaxos
internal import Provenance

// How causes, callers and events are called in sentences.

extension ObjectHistory.Failure {
    var sentence: String {
        switch self {
        case .missing(let index): "there is no entry \(index)"
        case .noMethod(let index): "entry \(index) calls no method: it is a barrier or a session's"
        case .repeats(let first?):
            "that entry repeats the request of entry \(first); ask about that"
        case .repeats(nil):
            "that entry repeats a request that was done before the log begins, in its snapshot"
        case .refused(let index):
            "entry \(index) changed nothing: its request was settled or given up before, its "
                + "client's session was gone, or the object was removed"
        case .unreadable(let index):
            "entry \(index) is nothing that this version of the type can read, and what came after "
                + "may depend on it; use the adoctl of the servers' version"
        }
    }
}

extension ExternalEvent.Cause {
    var sentence: String {
        switch self {
        case .preempted: "somebody else took the object over"
        case .noQuorum: "too few servers answered, and nothing was done"
        case .unknown: "too few servers answered; it may be done, now or later"
        case .busy: "a queue was full, or another step was under way"
        case .storage: "a disk was full, or failed"
        case .tooLarge: "it was too large"
        case .unreadable: "the object or the reply could not be read"
        case .interrupted: "the task was cancelled"
        case .closed: "the client was closed"
        }
    }
}

extension Origin.Caller {
    /// The run as hexadecimal digits.
    var digits: String { String(invocation, radix: 16) }
}

extension FileJournal.Entry {
    /// What happened, with the time of the machine that wrote it down.
    var sentence: String {
        let who =
            event.caller.map { " by \($0.name) \($0.digits), after its call \($0.step)" } ?? ""
        let by = event.by.map { ", ballot \($0)" } ?? ""
        return "\(UTCTime(milliseconds: time)) \(event.step) of "
            + "\(event.object.type)/\(event.object.name)\(who) failed: \(event.cause.sentence)\(by)"
    }
}

/// A time as a reader of logs knows it.
struct UTCTime: CustomStringConvertible {
    let milliseconds: UInt64

    /// Such as `2026-01-31T12:00:00.250Z`, by the civil calendar.
    var description: String {
        let seconds = milliseconds / 1000
        let clock = seconds % 86_400
        // Days since the first of March of the year 0, so that leap days end a year.
        let days = seconds / 86_400 + 719_468
        let era = days / 146_097
        let day = days % 146_097
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365
        let dayOfYear = day - (365 * year + year / 4 - year / 100)
        let month = (5 * dayOfYear + 2) / 153
        let parts = [
            month < 10 ? month + 3 : month - 9, dayOfYear - (153 * month + 2) / 5 + 1, clock / 3600,
            clock / 60 % 60, clock % 60,
        ].map { $0 < 10 ? "0\($0)" : "\($0)" }
        let fraction = "\(1000 + milliseconds % 1000)".dropFirst()
        return "\(year + era * 400 + (month >= 10 ? 1 : 0))-\(parts[0])-\(parts[1])T\(parts[2])"
            + ":\(parts[3]):\(parts[4]).\(fraction)Z"
    }
}

extension String {
    /// At most as much as fits a line that says more than this.
    var short: String { count > 120 ? prefix(119) + "…" : self }

    /// At most 200 characters of a value that a snapshot held, and "..." if there were more.
    var held: String { count > 200 ? prefix(200) + "..." : self }
}
