internal import CMultiPaxos

/// The batches that any disk or memory of a cluster holds: logs are the paths of a tree.
struct CacheTree {
    private var frames: [UInt64: Frame] = [:]
    private var children: [UInt64: [UInt64]] = [:]
    /// Where members stand, by checksum.
    private var notes: [UInt64: [String]] = [:]
    static let lengthMax = 60

    mutating func add(_ frame: Frame) {
        guard frames.updateValue(frame, forKey: frame.batch.checksum) == nil else { return }
        children[frame.batch.previous, default: []].append(frame.batch.checksum)
    }

    mutating func note(_ text: String, at point: mp_point) {
        notes[point.checksum, default: []].append(text)
    }

    /// A line for each batch, indented where branches part; long logs without their beginning.
    func lines() -> [String] {
        var lines: [String] = []
        var open = [(checksum: UInt64(0), depth: 0)]
        while let (checksum, depth) = open.popLast() {
            lines.append(line(checksum, depth))
            let next = (children[checksum] ?? []).sorted { order($0, $1) }
            for child in next.reversed() {
                open.append((child, depth + (next.count > 1 ? 1 : 0)))
            }
        }
        if lines.count <= Self.lengthMax { return lines }
        return ["… \(lines.count - Self.lengthMax) batches before"]
            + lines.suffix(Self.lengthMax)
    }

    private func order(_ a: UInt64, _ b: UInt64) -> Bool {
        guard let a = frames[a], let b = frames[b] else { return false }
        return (a.point.ballot, a.batch.checksum) < (b.point.ballot, b.batch.checksum)
    }

    private func line(_ checksum: UInt64, _ depth: Int) -> String {
        let name = frames[checksum].map { "\($0.batch.first)...\($0.point)" } ?? "root"
        let members = (notes[checksum] ?? []).joined(separator: ", ")
        return String(repeating: "  ", count: depth) + name
            + (members.isEmpty ? "" : "  " + members)
    }
}

extension Cluster {
    /// The cache trees of these groups, with the tip and the commit point of each member.
    func trees(_ groups: [UInt64]) -> String {
        groups.map { group in
            var tree = CacheTree()
            for frame in ledger.frames(group) { tree.add(frame) }
            for member in members {
                for frame in member.disk[group].frames.frames { tree.add(frame) }
                for frame in member.memory[group]?.frames ?? [] { tree.add(frame) }
                let view = member.view(group)
                tree.note("tip of \(nodeName(member.id))", at: view.tip)
                tree.note("commit of \(nodeName(member.id))", at: view.commit)
            }
            return "group \(group)\n" + tree.lines().joined(separator: "\n")
        }.joined(separator: "\n")
    }
}
