import Glibc

/// The servers of a run: started by it, or running before it.
enum Servers: Sendable {
    case own(ServerGroup)
    case running([ServerAddress], pids: [Int32], cluster: String)

    var addresses: [ServerAddress] {
        switch self {
        case .own(let group): group.addresses
        case .running(let addresses, _, _): addresses
        }
    }

    var clusterName: String {
        switch self {
        case .own(let group): group.clusterName
        case .running(_, _, let cluster): cluster
        }
    }

    /// Where a node of the run writes what it does; nil if it does not.
    func trace(_ name: String) -> String? {
        guard case .own(let group) = self else { return nil }
        return group.trace(name)
    }

    /// The process of a server.
    func pid(_ node: UInt64) throws(BenchError) -> Int32 {
        switch self {
        case .own(let group):
            if let process = group.process(node) { return process.pid }
        case .running(let addresses, let pids, _):
            if let position = addresses.firstIndex(where: { $0.node == node }),
                position < pids.count
            {
                return pids[position]
            }
        }
        throw .usage("the process of node \(node) is not known: give --pids.")
    }

    /// Sends a signal to a server; throws if it is gone.
    func signal(_ number: Int32, to node: UInt64) throws(BenchError) {
        switch self {
        case .own(let group): try group.signal(number, to: node)
        case .running:
            let pid = try pid(node)
            guard Glibc.kill(pid, number) == 0 else {
                throw BenchError(
                    """
                    process \(pid) of node \(node) cannot be signalled: \
                    \(String(cString: strerror(errno))). --pids must name the processes of \
                    --cluster, in the same order.
                    """, status: .invalid)
            }
        }
    }

    /// Waits until a server of this run is gone that was signalled; throws if something else
    /// ended it.
    func collect(
        _ node: UInt64, after number: Int32, seconds: Double = 30
    ) async throws(BenchError) {
        guard case .own(let group) = self else { return }
        try await group.collect(node, after: number, seconds: seconds)
    }

    /// Starts a server that was killed or stopped again on its own directory.
    func restart(_ node: UInt64) throws(BenchError) {
        guard case .own(let group) = self else {
            throw .usage("a server that this run did not start cannot be started again.")
        }
        try group.start(node)
    }

    /// Asks a server of this run to stop in order, and waits for its end.
    func stop(_ node: UInt64, seconds: Double) async throws(BenchError) {
        try signal(SIGTERM, to: node)
        try await collect(node, after: SIGTERM, seconds: seconds)
    }

    /// Throws if a server of this run ended that nobody killed.
    func checkAlive(except victim: UInt64? = nil) throws(BenchError) {
        guard case .own(let group) = self else { return }
        try group.checkAlive(except: victim)
    }
}
