internal import Glibc

/// A TCP socket of the loopback interface that never waits.
final class LinkSocket {
    /// The system refused a socket, a port or a connection.
    struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ what: String) {
            description = "cannot \(what): \(String(cString: strerror(errno)))"
        }
    }

    /// What reading brought.
    enum Reading {
        case bytes([UInt8])
        case nothing
        case end
    }

    let descriptor: Int32

    private init(_ descriptor: Int32) {
        self.descriptor = descriptor
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        _ = setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, size)
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    deinit {
        close(descriptor)
    }

    /// Listens on any free port.
    static func listening() throws -> (LinkSocket, port: UInt16) {
        let socket = LinkSocket(socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        var address = sockaddr_in(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket.descriptor, $0, size) == 0 && listen(socket.descriptor, 16) == 0
                    && getsockname(socket.descriptor, $0, &size) == 0
            }
        }
        guard isListening else { throw Failure("listen") }
        return (socket, UInt16(bigEndian: address.sin_port))
    }

    /// Connects to a port, or returns nil if nobody listens: on this interface, at once.
    static func connected(to port: UInt16) -> LinkSocket? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var address = sockaddr_in(port: port)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, size)
            }
        }
        guard result == 0 else {
            close(descriptor)
            return nil
        }
        return LinkSocket(descriptor)
    }

    /// Whoever has connected to this listening socket, if anybody did.
    func accepted() -> LinkSocket? {
        let descriptor = accept(descriptor, nil, nil)
        return descriptor < 0 ? nil : LinkSocket(descriptor)
    }

    /// Reads up to `count` bytes.
    func read(_ count: Int) -> Reading {
        var buffer = [UInt8](repeating: 0, count: min(count, 1 << 16))
        let received = recv(descriptor, &buffer, buffer.count, 0)
        if received < 0, errno == EAGAIN || errno == EINTR { return .nothing }
        return received <= 0 ? .end : .bytes(Array(buffer.prefix(received)))
    }

    /// Writes as much as is taken, maybe nothing; nil if the other side has closed.
    func write(_ bytes: ArraySlice<UInt8>) -> Int? {
        let sent = bytes.withUnsafeBytes {
            send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if sent < 0 { return errno == EAGAIN || errno == EINTR ? 0 : nil }
        return sent
    }

    /// Makes the close of this socket an error at the other side, as a cable pulled is.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        let size = socklen_t(MemoryLayout.size(ofValue: linger))
        _ = setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, size)
    }
}

extension sockaddr_in {
    fileprivate init(port: UInt16) {
        self.init()
        sin_family = sa_family_t(AF_INET)
        sin_port = port.bigEndian
        sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    }
}
