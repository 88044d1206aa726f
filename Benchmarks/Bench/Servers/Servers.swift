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

    /// Starts a killed server again on its own directory.
    func restart(_ node: UInt64) throws(BenchError) {
        guard case .own(let group) = self else {
            throw .usage("a server that this run did not start cannot be started again.")
        }
        // Where the cores are busy, one that was killed holds its port for a while.
        group.process(node)?.collect()
        try group.start(node)
    }

    /// Kills a server of this run at once.
    func kill(_ node: UInt64) throws(BenchError) {
        guard case .own(let group) = self else {
            throw .usage("a server that this run did not start is not killed.")
        }
        group.process(node)?.signal(SIGKILL)
    }

    /// Asks a server of this run to stop in order, and waits for its end.
    func stop(_ node: UInt64, seconds: Double) async throws(BenchError) {
        guard case .own(let group) = self, let process = group.process(node) else {
            throw .usage("a server that this run did not start is not stopped.")
        }
        process.signal(SIGTERM)
        guard await process.waitForEnd(seconds: seconds) else {
            throw BenchError(
                "node \(node) did not stop within \(Int(seconds)) s of SIGTERM.", status: .invalid)
        }
    }

    /// Throws if a server of this run ended that nobody killed.
    func checkAlive(except victim: UInt64? = nil) throws(BenchError) {
        guard case .own(let group) = self else { return }
        try group.checkAlive(except: victim)
    }

    func stop() async {
        guard case .own(let group) = self else { return }
        await group.stop()
    }
}
