/// An explanation as it is written down: what was asked, the answer, and a graph of it.
public struct ExplanationReport: Sendable, Hashable, Codable {
    /// The version of this form.
    public let version: Int
    /// The object.
    public let object: String
    /// The call that is explained.
    public let question: String
    /// Its reply.
    public let output: TraceValue
    /// What the answer is worth.
    public let verdict: Verdict
    /// Sets of calls any one of which was enough, by position from 1, or by index of a log; one
    /// empty set if there is no cause.
    public let witnesses: [[Int]]
    /// The calls that all witnesses have in common; null if that takes too long to know.
    public let necessary: [Int]?
    /// The number of calls that could matter at all.
    public let considered: Int
    /// The number of calls before the one that is explained.
    public let count: Int
    /// The explanation as a graph.
    public let graph: ExplanationGraph
    /// The entry that is explained, by its index in the log; null for a question that is none.
    public var index: Int?
    /// Where the calls came from, as the log records it; null for a trace, which records nothing.
    ///
    /// First that which is explained, if it is an entry, then those that explain it.
    public var calls: [CallReport]?
    /// What else there is to say, in sentences: a lock's holder, a snapshot, a change of owner.
    public var notes: [String]?
    /// Explanations of what the caller had seen, and went by.
    public var linked: [ExplanationReport]?

    /// Writes an explanation down.
    ///
    /// `label` says what the call at a position was.
    public init<Output>(
        _ explanation: Explanation<Output>, output: TraceValue, object: String, question: String,
        label: (Int) -> String
    ) {
        version = 1
        self.object = object
        self.question = question
        self.output = output
        verdict = explanation.verdict
        witnesses = explanation.witnesses
        necessary = explanation.necessary
        considered = explanation.considered.count
        count = explanation.count
        graph = ExplanationGraph(
            of: explanation, object: object, question: "\(question) replied \(output)", label: label
        )
    }

    /// The answer as lines for a reader.
    public var text: String {
        var lines = graph.text + verdict.sentence(count: witnesses.count) + "\n"
        if let necessary, !necessary.isEmpty, witnesses.count > 1 {
            let calls = necessary.map(String.init).joined(separator: ", ")
            lines += "necessary in all of them: \(calls)\n"
        }
        lines += "\(considered) of \(count) calls before it could matter\n"
        for note in notes ?? [] { lines += note + "\n" }
        return lines + CallReport.text(calls ?? []) + linkedText
    }

    private var linkedText: String {
        (linked ?? []).map { report in
            let inside = report.text.split(separator: "\n").map { "   \($0)\n" }.joined()
            return "and of \(report.object), which the caller went by:\n\(inside)"
        }.joined()
    }
}
