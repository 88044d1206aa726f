/// Where a call came from, as it is written down.
public struct CallReport: Sendable, Hashable, Codable {
    /// An entry of another object's log that a caller had seen.
    public struct Sighting: Sendable, Hashable, Codable {
        /// The object.
        public let object: String
        /// The entry, by its index in the log of that object.
        public let index: Int
        /// What it was, in a sentence.
        public let label: String

        /// Makes a sighting.
        public init(object: String, index: Int, label: String) {
            self.object = object
            self.index = index
            self.label = label
        }
    }

    /// The entry, by its index in the log of the object that is explained.
    public let index: Int
    /// The call, as one would write it.
    public let label: String
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
    /// Those entries of other objects among it that are known, the latest first.
    public let sightings: [Sighting]

    /// Makes a report.
    public init(
        index: Int, label: String, ballot: String, caller: String?, invocation: String?,
        step: Int?, seen: [String], sightings: [Sighting]
    ) {
        self.index = index
        self.label = label
        self.ballot = ballot
        self.caller = caller
        self.invocation = invocation
        self.step = step
        self.seen = seen
        self.sightings = sightings
    }

    /// Who called, and under which owner.
    var who: String {
        let who =
            caller.map { "\($0) \(invocation ?? ""), call \(step ?? 0)" } ?? "nobody it recorded"
        return "\(who); owner \(ballot)"
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
        let line = "   \(margin)\(index)  \(who)\n"
        let indent = String(repeating: " ", count: width + 8)
        return line + seen.map { "\(indent)\($0)\n" }.joined()
    }
}
