/// How the servers of a peer are started: as shipped but for what durability and equality ask.
struct PeerSettings: Sendable, Equatable {
    /// Of etcd as it is shipped, in milliseconds.
    static let shippedElectionTimeout = 1000
    /// Milliseconds; nil: as shipped.
    var electionTimeout: Int?
    /// Milliseconds after which a call without an answer is in doubt.
    var callTimeout: Int

    init(_ options: RunOptions) {
        electionTimeout = options.equalTimeouts ? options.electionTimeoutMilliseconds : nil
        callTimeout =
            options.callTimeoutMilliseconds ?? 5 * options.electionTimeoutMilliseconds
    }

    /// Every write is flushed before it is answered; there is no second copy of the state.
    ///
    /// - Parameter owner: the port of the server to follow; nil for that server itself.
    func redis(port: UInt16, directory: String, owner: UInt16?) -> [String] {
        var arguments = [
            "--port", "\(port)", "--bind", "127.0.0.1", "--dir", directory, "--daemonize", "no",
            "--appendonly", "yes", "--appendfsync", "always", "--save", "",
            "--repl-diskless-sync-delay", "0",
        ]
        if let owner { arguments += ["--replicaof", "127.0.0.1", "\(owner)"] }
        return arguments
    }

    /// - Parameter inner: where all members hear each other, the first one's port first.
    func etcd(
        _ node: UInt64, directory: String, port: UInt16, inner: [UInt16]
    ) -> [String] {
        let own = "http://127.0.0.1:\(inner[Int(node) - 1])"
        let client = "http://127.0.0.1:\(port)"
        let members = zip(1..., inner).map { "n\($0)=http://127.0.0.1:\($1)" }
        var arguments = [
            "--name", "n\(node)", "--data-dir", "\(directory)/data",
            "--listen-client-urls", client, "--advertise-client-urls", client,
            "--listen-peer-urls", own, "--initial-advertise-peer-urls", own,
            "--initial-cluster", members.joined(separator: ","),
            "--initial-cluster-token", "adobench", "--logger", "zap", "--log-outputs", "stderr",
        ]
        if let electionTimeout {
            arguments += [
                "--election-timeout", "\(electionTimeout)",
                "--heartbeat-interval", "\(Self.heartbeat(electionTimeout))",
            ]
        }
        return arguments
    }

    /// The longest that etcd takes: a fifth of the election timeout.
    static func heartbeat(_ electionTimeout: Int) -> Int { max(1, electionTimeout / 5) }
}
