internal import ADO
public import MultiPaxos

/// The external events of a client, as it wrote them down.
public enum JournalReport {
    /// Reads a journal.
    ///
    /// - Throws: ``Failure`` where there is none.
    public static func read(_ path: String) throws(Failure) -> [FileJournal.Entry] {
        do throws(NodeError) {
            return try FileJournal.entries(at: path)
        } catch {
            throw Failure(error)
        }
    }

    /// A line for each event, the oldest first.
    public static func text(_ entries: [FileJournal.Entry]) -> String {
        entries.map { $0.sentence + "\n" }.joined()
    }

    /// The events as JSON.
    public static func json(_ entries: [FileJournal.Entry]) -> String {
        JSON.array(entries.map(\.json)).description + "\n"
    }
}

extension FileJournal.Entry {
    fileprivate var json: JSON {
        .object([
            "time": .string(UTCTime(milliseconds: time).description),
            "object": .string("\(event.object.type)/\(event.object.name)"),
            "step": .string("\(event.step)"), "cause": .string("\(event.cause)"),
            "by": event.by.map { .string("\($0)") } ?? .null,
            "caller": event.caller.map { .string($0.name) } ?? .null,
            "invocation": event.caller.map { .string($0.digits) } ?? .null,
            "call": event.caller.map { .number($0.step) } ?? .null,
        ])
    }
}
