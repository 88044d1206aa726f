import Glibc

/// Another system that the same load is put on, so that a figure has a neighbour.
package enum Peer: String, Sendable, Codable, CaseIterable {
    /// One redis-server that flushes its append-only file before it answers.
    case redis
    /// The same with replicas, one of which has the write before it counts as acknowledged.
    case redisWait = "redis-wait"
    /// Members of etcd, by gRPC.
    case etcd

    /// The program of a server.
    var program: String { self == .etcd ? "etcd" : "redis-server" }

    /// What installs it on Debian.
    var remedy: String {
        "apt-get install \(self == .etcd ? "etcd-server" : "redis-server")"
    }

    /// How many servers it has where so many replicas are asked for.
    func servers(_ replicas: Int) -> Int { self == .redis ? 1 : replicas }

    /// Whether another server takes over from one that is gone.
    var failsOver: Bool { self == .etcd }

    /// The program on the `PATH`.
    ///
    /// - Throws: `BenchError` with the command that installs it.
    func findProgram(path: String? = nil) throws(BenchError) -> String {
        let path = path ?? getenv("PATH").map { String(cString: $0) } ?? ""
        for folder in path.split(separator: ":") {
            let candidate = "\(folder)/\(program)"
            if access(candidate, X_OK) == 0 { return candidate }
        }
        throw BenchError(
            """
            --target \(rawValue) needs \(program), which is not on the PATH: install it with \
            `\(remedy)`, and stop the service that this may start.
            """)
    }

    /// What a run against it cannot show, in sentences.
    var limits: [String] {
        var limits = [
            "one machine and one disk: no network between servers, all flushes in one queue",
            "refines ADO, digests, the log: it has none of ours, so nobody compared them",
            "applied twice: it has no sessions, so a call without an answer is never repeated",
        ]
        switch self {
        case .redis: limits.append("one server: what its disk loses is lost, nobody takes over")
        case .redisWait:
            limits.append(
                "WAIT says that a replica received a write, and a read may see one that did not")
            limits.append("without Sentinel nobody takes over from a killed server")
        case .etcd:
            limits.append("calls go through a process of their own that speaks gRPC for the load")
        }
        return limits
    }
}
