/// Where a call came from, as it is written down.
public struct CallReport: Sendable, Hashable, Codable {
    /// The entry, by its index in the log of the object that is explained.
    public let index: Int
    /// The ballot of whoever owned the object then.
    public let ballot: String
    /// The program's operation that made the call; null if it recorded none.
    public let caller: String?
    /// Which run of the operation, in hexadecimal digits.
    public let invocation: String?
    /// The number of the call in that run, as issued.
    public let step: Int?
    /// What the caller had seen by then, in sentences, the latest first.
    public let seen: [String]

    /// Makes a report.
    public init(
        index: Int, ballot: String, caller: String?, invocation: String?, step: Int?,
        seen: [String]
    ) {
        self.index = index
        self.ballot = ballot
        self.caller = caller
        self.invocation = invocation
        self.step = step
        self.seen = seen
    }
}

extension CallReport {
    /// The reports as lines; none if there is nothing to tell.
    static func text(_ calls: [CallReport]) -> String {
        guard calls.contains(where: { $0.caller != nil || !$0.seen.isEmpty }) else { return "" }
        let width = calls.map { "\($0.index)".count }.max() ?? 0
        return "called by\n" + calls.map { $0.text(width) }.joined()
    }

    private func text(_ width: Int) -> String {
        let margin = String(repeating: " ", count: width - "\(index)".count)
        let who =
            caller.map { "\($0) \(invocation ?? ""), call \(step ?? 0)" } ?? "nobody it recorded"
        let line = "   \(margin)\(index)  \(who); owner \(ballot)\n"
        let indent = String(repeating: " ", count: width + 8)
        return line + seen.map { "\(indent)\($0)\n" }.joined()
    }
}
