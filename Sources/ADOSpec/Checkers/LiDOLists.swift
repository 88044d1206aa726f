/// For each ballot, the lowest parent of the elections above it.
///
/// An election whose parent is not below that of a later one never is the answer, and is left out:
/// ballots and parents both rise along the list, so that the first election above a ballot is the
/// one with the lowest parent.
struct ElectionFloor: Sendable {
    private var list: [(ballot: Ballot, parent: LiDO.Round)] = []

    mutating func insert(_ ballot: Ballot, _ parent: LiDO.Round) {
        let at = list.partitioningIndex { $0.ballot > ballot }
        if at < list.count, list[at].parent <= parent { return }
        var start = at
        while start > 0, list[start - 1].parent >= parent { start -= 1 }
        list.replaceSubrange(start..<at, with: [(ballot, parent)])
    }

    func lowest(above ballot: Ballot) -> (ballot: Ballot, parent: LiDO.Round)? {
        guard let last = list.last, last.ballot > ballot else { return nil }
        return list[list.partitioningIndex { $0.ballot > ballot }]
    }
}

/// For each ballot, the highest committed round below it.
struct CommitCeiling: Sendable {
    /// The highest of each ballot, in their order.
    private var list: [LiDO.Round] = []

    mutating func insert(_ round: LiDO.Round) {
        let at = list.partitioningIndex { $0.ballot >= round.ballot }
        guard at < list.count, list[at].ballot == round.ballot else {
            return list.insert(round, at: at)
        }
        if list[at] < round { list[at] = round }
    }

    func highest(below ballot: Ballot) -> LiDO.Round? {
        let at = list.partitioningIndex { $0.ballot >= ballot }
        return at == 0 ? nil : list[at - 1]
    }
}
