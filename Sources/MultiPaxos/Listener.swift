internal import CMultiPaxos
internal import CMultiPaxosLMDB
internal import CMultiPaxosUV
internal import Glibc

/// A bound and listening socket that a server node will own.
///
/// Bind before the node starts where the port is to be chosen by the system:
///
/// ```swift
/// let listener = try Listener.bind(host: "127.0.0.1", port: 0)
/// print(listener.port)
/// ```
public struct Listener: ~Copyable, Sendable {
    private let descriptor: Int32

    /// The port it listens on.
    public let port: UInt16

    private init(descriptor: Int32, port: UInt16) {
        self.descriptor = descriptor
        self.port = port
    }

    deinit { close(descriptor) }

    /// Binds and listens; port 0 is any free one.
    ///
    /// - Throws: ``NodeError`` with code `inUse` where another process has the port.
    public static func bind(host: String, port: UInt16) throws(NodeError) -> Listener {
        var port = port
        var descriptor: Int32 = -1
        var error = mp_lmdb_error()
        let status = host.withCString { mp_uv_bind($0, &port, &descriptor, &error) }
        guard status == MP_OK else { throw NodeError(status, error) }
        return Listener(descriptor: descriptor, port: port)
    }

    /// Binds a free port below those that the system gives to outgoing connections.
    ///
    /// A server that is stopped and started again finds it free: otherwise any connection of this
    /// machine may have been given the port meanwhile.
    static func bindAside(host: String) throws(NodeError) -> Listener {
        for _ in 0..<64 {
            do throws(NodeError) {
                return try bind(host: host, port: .random(in: 20_000..<32_768))
            } catch {
                guard error.code == .inUse else { throw error }
            }
        }
        return try bind(host: host, port: 0)
    }

    /// Lends the descriptor to `body`, which keeps it unless it throws.
    consuming func hand<Result>(
        to body: (Int32) throws(NodeError) -> Result
    ) throws(NodeError) -> Result {
        do throws(NodeError) {
            let result = try body(descriptor)
            discard self
            return result
        } catch {
            _ = consume self
            throw error
        }
    }
}
