internal import CMultiPaxos

/// The objects that members host, each as its member has applied it.
final class Hosting {
    private unowned let simulation: Simulation
    private let make: (UInt64) -> HostedObject
    /// By place, then by group.
    private var objects: [[UInt64: HostedObject]]

    /// `make` makes the object of a group as it begins.
    init(_ simulation: Simulation, make: @escaping (UInt64) -> HostedObject) {
        self.simulation = simulation
        self.make = make
        objects = simulation.cluster.members.map { _ in [:] }
    }

    private var cluster: Cluster { simulation.cluster }

    /// The object of a group at a place.
    func object(_ place: Int, _ group: UInt64) -> HostedObject {
        if let object = objects[place][group] { return object }
        let object = make(group)
        objects[place][group] = object
        return object
    }

    func crash(_ place: Int) { objects[place] = [:] }

    /// A server that starts makes its objects anew: from its snapshot, and from the log after it.
    func start(_ node: UInt64) {
        guard let place = cluster.place(of: node), cluster[node].votes else { return }
        for group in simulation.plan.groups where cluster[node].hasVote(group) {
            let disk = cluster[node].disk
            let applied = cluster[node].applied[group] ?? 0
            objects[place][group] = restored(disk.snapshots[group], node, group, through: applied)
        }
    }

    /// A snapshot took the place of what a member had applied, or its log led there.
    func installed(_ snapshot: StoredSnapshot, _ node: UInt64, _ group: UInt64) {
        guard let place = cluster.place(of: node) else { return }
        let applied = cluster[node].applied[group] ?? 0
        objects[place][group] = restored(snapshot, node, group, through: applied)
    }

    /// What a member has applied of a group, encoded; nil if it hosts nothing.
    func state(of member: Member, _ group: UInt64) -> [UInt8]? {
        guard let place = cluster.place(of: member.id) else { return nil }
        return objects[place][group]?.state
    }

    /// What a member has applied of a group through an index, if it begins with a snapshot.
    private func restored(
        _ snapshot: StoredSnapshot?, _ node: UInt64, _ group: UInt64, through applied: UInt64
    ) -> HostedObject {
        let object = make(group)
        var next: UInt64 = 1
        if let snapshot, snapshot.point.index <= applied {
            restore(object, snapshot, node, group)
            next = snapshot.point.index + 1
        }
        for frame in cluster.ledger.frames(group)
        where frame.batch.first >= next && frame.batch.last <= applied {
            _ = object.apply(simulation.replayed(frame))
        }
        return object
    }

    private func restore(
        _ object: HostedObject, _ snapshot: StoredSnapshot, _ node: UInt64, _ group: UInt64
    ) {
        guard object.restore(snapshot.state) else {
            return cluster.fail(.calls, "node \(node) cannot decode a snapshot of group \(group)")
        }
        if simulation.plan.plant == .snapshotWithoutSessions { object.forgetSessions() }
    }
}
