extension ModelState {
    /// The tree as text, from the root down, with `place` marked.
    ///
    /// What stands straight below a cache was invoked on it; forks have branches. The line of a
    /// cache ends with the nodes that go on from there.
    public func drawing(marking place: CacheID? = nil, linesMax: Int = 60) -> String {
        var drawing = Drawing(state: self, place: place, linesMax: linesMax)
        drawing.draw(from: root)
        return drawing.text
    }
}

private struct Drawing {
    let state: ModelState
    let place: CacheID?
    let linesMax: Int
    private var lines: [String] = []
    private var omitted = 0
    /// What is still to be drawn: each cache with what stands before it, and below it.
    private var waiting: [(id: CacheID, head: String, indent: String)] = []
    private let cursors: [CacheID: [UInt64]]

    init(state: ModelState, place: CacheID?, linesMax: Int) {
        self.state = state
        self.place = place
        self.linesMax = linesMax
        cursors = Dictionary(grouping: state.cids.keys.sorted()) {
            state.cids[$0]?.parent ?? .root
        }
    }

    var text: String {
        let rest = omitted > 0 ? ["… and \(omitted) more"] : []
        return (lines + rest).joined(separator: "\n")
    }

    mutating func draw(from root: CacheID) {
        waiting = [(root, "", "")]
        while let (id, head, indent) = waiting.popLast() {
            line(head, id)
            let children = state.children(of: id)
            if children.count == 1 {
                waiting.append((children[0], indent, indent))
                continue
            }
            for child in children.reversed() {
                let isLast = child == children.last
                let below = indent + (isLast ? "   " : "│  ")
                waiting.append((child, indent + (isLast ? "└─ " : "├─ "), below))
            }
        }
    }

    private mutating func line(_ head: String, _ id: CacheID) {
        guard lines.count < linesMax else {
            omitted += 1
            return
        }
        var line = head + id.description
        if id == state.root {
            if let last = state.persist.last { line += " \(last.method)" }
            line += " (committed)"
        } else if let cache = state.caches[id], !cache.method.isEmpty {
            line += " \(cache.method)"
        }
        for node in cursors[id, default: []] { line += " [\(node)]" }
        lines.append(id == place ? line + "   <-- here" : line)
    }
}
