import Synchronization

/// CPU time of a peer's processes over the measured time, over restarts.
final class PeerMeter: Sendable {
    fileprivate struct Track: Sendable {
        var from = 0.0
        var sum = 0.0
        var restarted = false
    }

    private let servers: PeerServers
    private let tracks = Mutex<[UInt64: Track]>([:])

    init(_ servers: PeerServers) { self.servers = servers }

    private var all: [UInt64] { [PeerServers.speakerNode] + servers.nodes }

    /// The measured time begins.
    func begin() {
        tracks.withLock { tracks in
            for node in all {
                guard let cpu = servers.cpu(node) else { continue }
                tracks[node] = Track(from: cpu)
            }
        }
    }

    /// The process of a node is about to end.
    func ends(_ node: UInt64) {
        tracks.withLock { tracks in
            guard var track = tracks[node], let cpu = servers.cpu(node) else { return }
            track.sum += cpu - track.from
            track.from = 0
            track.restarted = true
            tracks[node] = track
        }
    }

    /// The measured time is over.
    func figures(leader: UInt64?) -> [PeerFacts.Process] {
        tracks.withLock { tracks in
            tracks.sorted { $0.key < $1.key }.map { node, track in
                let last = max(0, (servers.cpu(node) ?? track.from) - track.from)
                let isSpeaker = node == PeerServers.speakerNode
                let serves = node == leader ? "owner" : "follower"
                return PeerFacts.Process(
                    node: node, role: isSpeaker ? PeerFacts.Process.speaker : serves,
                    cpu_s: track.sum + last, cpu_us_op: 0, restarted: track.restarted)
            }
        }
    }
}
