/// The rows of a picture of several logs, a row for each node: what a caller had seen is above the
/// call, a witness below its calls and above its reply, and each log in its own order.
struct RowOrder {
    /// The nodes from the top on.
    private(set) var nodes: [ExplanationGraph.Node] = []

    private let byID: [String: ExplanationGraph.Node]
    private let above: [String: [String]]
    private var begun: Set<String> = []

    init(_ graph: ExplanationGraph) {
        byID = Dictionary(uniqueKeysWithValues: graph.nodes.map { ($0.id, $0) })
        above = Self.above(graph)
        for node in graph.nodes { place(node.id) }
    }

    /// Places a node below all that must be above it.
    ///
    /// Callers see what is there already: only a graph that no run made goes in circles, and then
    /// the circle is cut where it was entered. A stack of its own, because logs are long.
    private mutating func place(_ id: String) {
        guard begun.insert(id).inserted else { return }
        var stack = [(id: id, next: 0)]
        while let (id, next) = stack.last {
            let waits = above[id] ?? []
            guard next < waits.count else {
                if let node = byID[id] { nodes.append(node) }
                stack.removeLast()
                continue
            }
            stack[stack.count - 1].next += 1
            if begun.insert(waits[next]).inserted { stack.append((waits[next], 0)) }
        }
    }

    /// The nodes that must be above each.
    private static func above(_ graph: ExplanationGraph) -> [String: [String]] {
        var above: [String: [String]] = [:]
        for log in graph.logs.indices {
            let entries = graph.nodes.filter { $0.log == log && $0.kind != .witness }
                .sorted { $0.position ?? .max < $1.position ?? .max }
            for (earlier, later) in zip(entries, entries.dropFirst()) {
                above[later.id, default: []].append(earlier.id)
            }
        }
        for edge in graph.edges { above[edge.from, default: []].append(edge.to) }
        return above
    }
}
