internal import ADO

/// The calls of a trace that can matter for its question, by what they declare of themselves.
///
/// A whole slice holds every call that could matter in any subset of the trace: replaying a subset
/// or its part in the slice gives the same reply. A slice that stops at barriers is smaller, and
/// says the same only of subsets that hold all of its barriers: a barrier overwrites a cell, so
/// nothing before it matters for that cell, as long as the barrier itself is there.
struct Slice {
    /// Rising, from 1.
    private(set) var positions: [Int] = []

    /// Those of them behind which the walk did not look for some cell.
    private(set) var barriers: Set<Int> = []

    /// Whether something that the reply may depend on was there before the first call.
    var reachesStart: Bool { !needed.isEmpty }

    /// What that is.
    private(set) var needed = NeededCells()

    /// Walks backwards from the question.
    ///
    /// Costs one look at each call's footprint, fewer once nothing is needed any more.
    init<M: Machine>(of trace: Trace<M>, stopsAtBarriers: Bool) {
        needed.insert(M.footprint(of: trace.question).reads)
        for position in stride(from: trace.inputs.count, to: 0, by: -1) {
            if needed.isEmpty { break }
            let footprint = M.footprint(of: trace.inputs[position - 1])
            guard needed.overlaps(footprint.writes) else { continue }
            positions.append(position)
            if stopsAtBarriers, Self.cut(&needed, at: footprint) { barriers.insert(position) }
            if Self.dependsOnState(footprint, needed) { needed.insert(footprint.reads) }
        }
        positions.reverse()
    }

    private static func cut(_ needed: inout NeededCells, at footprint: Footprint) -> Bool {
        var isBarrier = false
        for cell in footprint.overwrites where needed.remove(cell) { isBarrier = true }
        return isBarrier
    }

    /// Whether what the call writes, of what is needed, is more than its arguments decide.
    private static func dependsOnState(_ footprint: Footprint, _ needed: NeededCells) -> Bool {
        guard case .known(let writes) = footprint.writes else { return true }
        return writes.contains { !footprint.overwrites.contains($0) && needed.overlaps($0) }
    }
}
