extension ExplanationReport {
    /// One graph of the answer and of all that are linked to it: each object's log once, and edges
    /// from an entry to those of other logs that its caller had seen.
    public var stitched: ExplanationGraph {
        var stitching = Stitching()
        stitching.add(self)
        return stitching.graph
    }
}

/// Graphs of single logs as they become one.
///
/// An entry is one node, however many of the answers it is part of, and counts as the most that any
/// of them says: what is explained before what explains, and that before what was only seen.
private struct Stitching {
    private typealias Graph = ExplanationGraph

    private struct Place: Hashable {
        let log: Int
        let position: Int
    }

    private var logs: [String] = []
    private var nodes: [Graph.Node] = []
    private var edges: [Graph.Edge] = []
    private var places: [Place: Int] = [:]
    private var known: Set<String> = []
    private var linked: Set<Graph.Edge> = []

    var graph: ExplanationGraph {
        let inOrder = nodes.enumerated().sorted { one, other in
            key(one.element, one.offset) < key(other.element, other.offset)
        }
        return ExplanationGraph(logs: logs, nodes: inOrder.map(\.element), edges: edges)
    }

    /// Orders the nodes: by log, the replies before the witnesses, entries as the log has them.
    private func key(_ node: Graph.Node, _ offset: Int) -> (Int, Int, Int, Int) {
        switch node.kind {
        case .reply: (node.log, 0, 0, offset)
        case .witness: (node.log, 1, 0, offset)
        case .call, .seen: (node.log, 2, node.position ?? .max, offset)
        }
    }

    mutating func add(_ report: ExplanationReport) {
        let log = number(of: report.object)
        let ids = addNodes(of: report, log)
        for edge in report.graph.edges {
            guard let from = ids[edge.from], let to = ids[edge.to] else { continue }
            link(from, to, isSeen: false)
        }
        // The way that the explanation went comes first, so that its logs are side by side.
        for linked in report.linked ?? [] { add(linked) }
        for call in report.calls ?? [] { add(call, of: report, log) }
    }

    private mutating func number(of object: String) -> Int {
        if let found = logs.firstIndex(of: object) { return found }
        logs.append(object)
        return logs.count - 1
    }

    /// Takes the nodes of an answer; returns what each is called here.
    private mutating func addNodes(of report: ExplanationReport, _ log: Int) -> [String: String] {
        // What was explained already keeps its witnesses.
        let isKnown =
            report.index.flatMap { places[Place(log: log, position: $0)] }
            .map { nodes[$0].kind == .reply } ?? false
        guard !isKnown else { return [:] }
        var ids: [String: String] = [:]
        for var node in report.graph.nodes {
            if node.kind == .reply { node.position = report.index }
            ids[node.id] = add(node, log)
        }
        return ids
    }

    /// Takes a node unless its entry is here; returns what it is called.
    private mutating func add(_ node: Graph.Node, _ log: Int) -> String {
        let place = node.position.map { Place(log: log, position: $0) }
        let found = place.flatMap { places[$0] }
        if let found, Self.rank(node.kind) <= Self.rank(nodes[found].kind) {
            return nodes[found].id
        }
        var added = Graph.Node(
            id: found.map { nodes[$0].id } ?? name(node.id, log), kind: node.kind,
            label: node.label, position: node.position, log: log)
        if added.kind != .witness { added.title = title(of: added) }
        if let found {
            nodes[found] = added
        } else {
            if let place { places[place] = nodes.count }
            known.insert(added.id)
            nodes.append(added)
        }
        return added.id
    }

    private static func rank(_ kind: Graph.Kind) -> Int {
        switch kind {
        case .reply: 3
        case .witness: 2
        case .call: 1
        case .seen: 0
        }
    }

    /// A name that no node has: the first log keeps its own.
    private func name(_ id: String, _ log: Int) -> String {
        let wanted = log == 0 ? id : "l\(log + 1)_\(id)"
        guard known.contains(wanted) else { return wanted }
        // Ends: only so many are known.
        var number = 2
        while known.contains("\(wanted)_\(number)") { number += 1 }
        return "\(wanted)_\(number)"
    }

    /// What a call's caller had seen, and the call itself if it stood in the way.
    private mutating func add(_ call: CallReport, of report: ExplanationReport, _ log: Int) {
        let isPart = places[Place(log: log, position: call.index)] != nil
        // After a question that is no entry come those that changed its answer later.
        guard isPart || report.index.map({ call.index < $0 }) ?? false else { return }
        let id = add(
            Graph.Node(id: "c\(call.index)", kind: .seen, label: call.label, position: call.index),
            log)
        if let place = places[Place(log: log, position: call.index)] {
            let lines = [title(of: nodes[place]), "called by \(call.who)"] + call.seen
            nodes[place].title = lines.joined(separator: "\n")
        }
        for sighting in call.sightings where sighting.object != report.object {
            let other = number(of: sighting.object)
            let seen = Graph.Node(
                id: "c\(sighting.index)", kind: .seen, label: sighting.label,
                position: sighting.index)
            link(id, add(seen, other), isSeen: true)
        }
    }

    private func title(of node: Graph.Node) -> String {
        let place = node.position.map { "@\($0)" } ?? ""
        return "\(logs[node.log])\(place)\n\(node.label.bounded(to: 400))"
    }

    private mutating func link(_ from: String, _ to: String, isSeen: Bool) {
        let edge = Graph.Edge(from: from, to: to, isSeen: isSeen)
        if from != to, linked.insert(edge).inserted { edges.append(edge) }
    }
}
