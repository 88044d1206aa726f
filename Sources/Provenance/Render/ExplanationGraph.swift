/// An explanation as a graph: a reply, the witnesses any one of which was enough, and the calls
/// that a witness needs together; across objects, also what the callers had seen in other logs.
///
/// Edges point from what is explained to what explains it: alternatives below a reply, calls below
/// a witness, what was seen below the call whose caller had seen it.
public struct ExplanationGraph: Hashable, Sendable, Codable {
    /// What a node stands for.
    public enum Kind: String, Hashable, Sendable, Codable {
        /// The reply that is explained.
        case reply
        /// A witness: all calls below it together.
        case witness
        /// A call in the log, of a witness.
        case call
        /// An entry that a caller had seen, or that stood in the way, and that is in no witness.
        case seen
    }

    /// A node.
    public struct Node: Hashable, Sendable, Codable {
        /// A name that no other node has.
        public let id: String
        /// What it stands for.
        public let kind: Kind
        /// What a reader calls it.
        public let label: String
        /// Its position in the log, from 1; null for a witness, and a question that is no entry.
        public var position: Int?
        /// Which of the graph's logs it belongs to, counted from 0.
        public var log = 0
        /// More than the label says: the object, the caller, the owner, what the caller had seen.
        public var title: String?
    }

    /// An edge, from what is explained to what explains it.
    public struct Edge: Hashable, Sendable, Codable {
        /// The node that is explained.
        public let from: String
        /// The node that explains it.
        public let to: String
        /// Whether the caller of the one had seen the other, rather than that a reply needs it.
        public var isSeen = false
    }

    /// The object that the log belongs to.
    public let object: String

    /// The objects whose logs are in it, that of the reply first.
    public let logs: [String]

    /// Of each log the reply first, then the witnesses, then the entries as the log has them.
    public let nodes: [Node]

    /// From a reply to its witnesses, from each witness to its calls, and to what callers had seen.
    public let edges: [Edge]

    /// Draws up the graph of an explanation.
    ///
    /// `label` says what the call at a position was.
    public init<Output>(
        of explanation: Explanation<Output>, object: String, question: String,
        label: (Int) -> String
    ) {
        self.object = object
        logs = [object]
        let witnesses = explanation.witnesses.enumerated().map { number, calls in
            (id: "w\(number + 1)", calls: calls)
        }
        let positions = Set(explanation.witnesses.joined()).sorted()
        nodes =
            [Node(id: "reply", kind: .reply, label: question, position: nil)]
            + witnesses.map { witness in
                let label = witness.calls.isEmpty ? "nothing" : "witness \(witness.id.dropFirst())"
                return Node(id: witness.id, kind: .witness, label: label, position: nil)
            }
            + positions.map {
                Node(id: "c\($0)", kind: .call, label: label($0), position: $0)
            }
        edges =
            witnesses.map { Edge(from: "reply", to: $0.id) }
            + witnesses.flatMap { witness in
                witness.calls.map { Edge(from: witness.id, to: "c\($0)") }
            }
    }

    init(logs: [String], nodes: [Node], edges: [Edge]) {
        object = logs[0]
        self.logs = logs
        self.nodes = nodes
        self.edges = edges
    }

    /// The calls below a witness.
    func calls(of witness: Node) -> [Node] {
        let below = Set(edges.lazy.filter { $0.from == witness.id }.map(\.to))
        return nodes.filter { below.contains($0.id) }
    }

    var reply: Node { nodes[0] }

    var witnesses: [Node] { nodes.filter { $0.kind == .witness } }
}
