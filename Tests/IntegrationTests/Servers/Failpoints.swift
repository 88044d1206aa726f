import Synchronization

/// A server dies by itself at a named place, in the life in which it is told to.
final class Failpoints: Sendable {
    private let armed = Mutex<(node: UInt64, name: String)?>(nil)

    /// The server that starts next under this number dies there.
    func arm(_ name: String, at node: UInt64) { armed.withLock { $0 = (node, name) } }

    /// Servers that start from now on live.
    func disarm() { armed.withLock { $0 = nil } }

    /// What the environment of a server's process says of it.
    @Sendable func environment(_ node: UInt64) -> [String: String] {
        armed.withLock { $0.flatMap { $0.node == node ? ["ADO_FAILPOINT": $0.name] : nil } } ?? [:]
    }
}
