import MultiPaxos
import Synchronization

/// What each server counted during the measured time, over restarts: a server that is killed
/// counts from zero again.
final class NodeMeter: Sendable {
    fileprivate struct Reading: Sendable {
        var entries: UInt64 = 0
        var batches: UInt64 = 0
        var flushes: UInt64 = 0
        var cpu = 0.0

        init() {}

        init(_ status: NodeStatus, cpu: Double?) {
            entries = status.counters.entriesCommitted
            batches = status.counters.batchesCommitted
            flushes = status.counters.flushes
            self.cpu = cpu ?? Double(status.processMicroseconds) / 1e6
        }
    }

    fileprivate struct Track: Sendable {
        var role = ""
        var from = Reading()
        var sum = Reading()
        var restarted = false
        var flags: UInt32?
    }

    private let tracks = Mutex<[UInt64: Track]>([:])

    /// The measured time begins.
    func begin(_ statuses: [UInt64: NodeStatus], owner: UInt64?) {
        tracks.withLock { tracks in
            for (node, status) in statuses {
                tracks[node] = Track(
                    role: node == owner ? "owner" : "follower", from: Reading(status, cpu: nil),
                    flags: status.disk.flags)
            }
        }
    }

    /// The process of a node is about to end.
    func end(_ node: UInt64, _ status: NodeStatus?, cpu: Double?) {
        tracks.withLock { tracks in
            if let status { tracks[node]?.add(Reading(status, cpu: cpu)) }
            tracks[node]?.from = Reading()
            tracks[node]?.restarted = true
        }
    }

    /// The measured time is over.
    func figures(_ statuses: [UInt64: NodeStatus], seconds: Double) -> [RunReport.NodeFigures] {
        tracks.withLock { tracks in
            for (node, status) in statuses { tracks[node]?.add(Reading(status, cpu: nil)) }
            return tracks.sorted { $0.key < $1.key }.map { node, track in
                let flags = statuses[node]?.disk.flags ?? track.flags ?? 0
                return RunReport.NodeFigures(
                    node: node, role: track.role, entries_s: Double(track.sum.entries) / seconds,
                    batches_s: Double(track.sum.batches) / seconds,
                    flushes_s: Double(track.sum.flushes) / seconds, cpu_s: track.sum.cpu,
                    cpu_us_op: 0,
                    lmdb_flags: LMDBFlags.names(flags), durable: LMDBFlags.areDurable(flags),
                    restarted: track.restarted)
            }
        }
    }
}

extension NodeMeter.Track {
    fileprivate mutating func add(_ reading: NodeMeter.Reading) {
        sum.entries += reading.entries - min(from.entries, reading.entries)
        sum.batches += reading.batches - min(from.batches, reading.batches)
        sum.flushes += reading.flushes - min(from.flushes, reading.flushes)
        sum.cpu += max(0, reading.cpu - from.cpu)
    }
}
