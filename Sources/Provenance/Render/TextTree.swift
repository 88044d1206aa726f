extension ExplanationGraph {
    /// The graph as a tree of lines, the reply first.
    public var text: String {
        var lines = [reply.label]
        for witness in witnesses {
            let isLast = witness.id == witnesses.last?.id
            lines.append("\(isLast ? "└" : "├")─ \(witness.label)")
            let calls = calls(of: witness)
            let width = calls.map { "\($0.position ?? 0)".count }.max() ?? 0
            for call in calls {
                let branch = call.id == calls.last?.id ? "└" : "├"
                let number = "\(call.position ?? 0)"
                let margin = String(repeating: " ", count: width - number.count)
                lines.append("\(isLast ? " " : "│")  \(branch)─ \(margin)\(number)  \(call.label)")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension Verdict {
    /// What the verdict says, in a sentence for a reader who sees `count` witnesses.
    public func sentence(count: Int) -> String {
        switch self {
        case .exact where count == 1: "exact: these calls together, and nothing else, are the cause"
        case .exact: "exact: each of the \(count) witnesses was enough, and there is no other"
        case .oneOf:
            "one of the witnesses: each of these calls is needed in it; there may be others"
        case .tested: "tested: nothing that was tried refutes it, but not everything was tried"
        case .overApproximation: "too much to search: these calls suffice, some may be needless"
        case .noCause: "no cause: the reply is the same after any part of the log, even nothing"
        }
    }
}
