extension LiDO {
    /// Judges a log of the model's events; returns the first thing that is wrong with it.
    public static func judge(_ log: some Sequence<ModelEvent>) -> Violation? {
        var lido = LiDO()
        var positions: [UInt64: Position] = [:]
        for event in log {
            if let violation = lido.add(event, &positions) { return violation }
        }
        return nil
    }

    private mutating func add(
        _ event: ModelEvent, _ positions: inout [UInt64: Position]
    ) -> Violation? {
        switch event {
        case .pulled(let node, let time, let id):
            positions[node] = Position(time: time, parent: id)
            return pull(time, choosing: Self.round(id))
        case .invoked(let node, _):
            guard let next = positions[node]?.next else {
                return .unknownHistory("\(event), who never pulled")
            }
            positions[node] = Position(time: next.time, parent: next)
            return invoke(Self.round(next), method: next.depth)
        case .pushed(_, let id):
            return push(Self.round(id))
        case .pullPreempted, .pullFailed, .invokeFailed, .pushFailed:
            return nil
        }
    }

    private static func round(_ id: CacheID) -> Round { Round(ballot: id.time, number: id.depth) }
}
