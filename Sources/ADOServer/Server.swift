internal import Glibc
public import Logging
public import MultiPaxos

/// A server process: one node, from its start to a signal.
public struct Server: Sendable {
    private let configuration: ServerConfiguration
    private let types: TypeRegistry
    private let logger: Logger

    /// Prepares a server that hosts `types`.
    public init(
        _ configuration: ServerConfiguration, types: TypeRegistry = .stock(), logger: Logger
    ) {
        self.configuration = configuration
        self.types = types
        self.logger = logger
    }

    /// Makes the voting directory of a server.
    ///
    /// - Throws: ``Failure`` where it cannot be made; nothing was written then.
    public static func format(
        directory: String, cluster: String, node: UInt64
    ) throws(Failure) {
        do throws(NodeError) {
            try Node.format(directory: directory, cluster: cluster, node: node)
        } catch {
            throw Failure(error)
        }
    }

    /// Runs until the process is asked to stop; then settles what is pending and returns.
    ///
    /// `onReady` gets one line as soon as the server listens.
    ///
    /// - Throws: ``Failure`` where the server cannot start; nothing was written then.
    public func run(onReady: (String) -> Void) async throws(Failure) {
        // Before the node's threads start, so that no signal is ever taken the default way.
        let signals = StopSignals()
        let node = try start()
        let readyLine = readyLine(node)
        onReady(readyLine)
        logger.info("\(readyLine)")
        let name = await signals.next()
        logger.info("\(name): settles what is pending and stops")
        await node.shutdown()
        // Until here a second signal ends the process.
        withExtendedLifetime(signals) { logger.info("stopped") }
    }

    private func readyLine(_ node: Node) -> String {
        let address = configuration.address.map { "\($0.host):\($0.port)" } ?? "nowhere"
        return "node \(node.id) of cluster \(node.cluster) listens on \(address)"
    }

    private func start() throws(Failure) -> Node {
        var options = configuration.options
        options.onLog = { [logger] level, text in
            logger.log(level: Logger.Level(level), "\(text)")
        }
        options.onFatal = { [logger] error in
            logger.critical("\(error)")
            // At once: nothing may be promised or acknowledged after a failed write.
            _exit(Failure(error).status)
        }
        do throws(NodeError) {
            try options.validate()
            return try Node.start(options, types: types, listener: try bind())
        } catch {
            throw Failure(error)
        }
    }

    /// Binds the server's own address: what the system refuses here is no failure of a disk.
    private func bind() throws(NodeError) -> Listener? {
        guard let address = configuration.address else { return nil }
        do throws(NodeError) {
            return try Listener.bind(host: address.host, port: address.port)
        } catch {
            throw NodeError(.inUse, error.message)
        }
    }
}

extension Logger.Level {
    init(_ level: NodeOptions.LogLevel) {
        switch level {
        case .info: self = .info
        case .warning: self = .warning
        case .error: self = .error
        }
    }
}
