internal import Synchronization

/// Which server the logs are read from: one for all of them, as long as it has news.
final class LogSources: Sendable {
    private let turn = Mutex(Int.random(in: 0..<1 << 16))

    /// The server to ask.
    ///
    /// A server reads its own logs.
    func present(among options: NodeOptions) -> UInt64 {
        guard !options.isServer else { return options.node }
        let servers = options.voters.map(\.node)
        return servers[turn.withLock { $0 } % servers.count]
    }

    /// Goes on to the next: the present one does not answer, or is cut off from what is new.
    func skip() {
        turn.withLock { $0 &+= 1 }
    }
}
