import Foundation
import TestSupport

/// Sockets of the loopback interface, spoken to byte by byte.
enum Loopback {
    /// Returns ports that nothing listens on.
    ///
    /// They are from below the range that the kernel gives to outgoing connections, so that a port
    /// stays free while its server is dead.
    static func freePorts(_ count: Int) throws -> [UInt16] {
        var found: Set<UInt16> = []
        while found.count < count {
            let port = UInt16.random(in: 10_000...32_000)
            if let socket = try? RawSocket(listeningOn: port) {
                found.insert(port)
                socket.close()
            }
        }
        return Array(found)
    }
}

/// A socket call was refused by the system.
struct SocketFailure: Error, CustomStringConvertible {
    let description: String

    init(_ what: String) {
        description = "\(what): \(String(cString: strerror(errno)))"
    }
}

/// A socket without any protocol.
final class RawSocket: Sendable {
    private let descriptor: Int32

    private init(descriptor: Int32) {
        self.descriptor = descriptor
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    deinit {
        Foundation.close(descriptor)
    }

    /// Listens on a port of the loopback interface.
    convenience init(listeningOn port: UInt16) throws {
        self.init(descriptor: socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        try withAddress(port) { address, size in
            guard bind(descriptor, address, size) == 0, listen(descriptor, 16) == 0 else {
                throw SocketFailure("listen on \(port)")
            }
        }
    }

    /// Connects to a port of the loopback interface.
    convenience init(connectedTo port: UInt16) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try withAddress(port) { address, size in
            // Before it is made non-blocking: on this interface it succeeds or fails at once.
            guard connect(descriptor, address, size) == 0 else {
                let failure = SocketFailure("connect to \(port)")
                Foundation.close(descriptor)
                throw failure
            }
        }
        self.init(descriptor: descriptor)
    }

    /// Waits for somebody to connect to a listening socket.
    func accept() async throws -> RawSocket {
        try await poll(for: "somebody connects") {
            let descriptor = Foundation.accept(descriptor, nil, nil)
            return descriptor < 0 ? nil : RawSocket(descriptor: descriptor)
        }
    }

    /// Writes as much as the other side takes; false once it has closed the connection.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        Foundation.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) >= 0
            || errno == EAGAIN
    }

    /// Writes as much as the other side takes at once, and says how much that was.
    func sendSome(_ bytes: [UInt8]) -> Int {
        max(0, Foundation.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)))
    }

    /// Writes everything, and waits for the other side to take it.
    func sendAll(_ bytes: [UInt8]) async throws {
        var sent = 0
        try await poll(until: "the other side takes \(bytes.count) bytes") {
            let count = Foundation.send(
                descriptor, Array(bytes[sent...]), bytes.count - sent, Int32(MSG_NOSIGNAL))
            if count < 0, errno != EAGAIN { throw SocketFailure("write") }
            sent += max(0, count)
            return sent == bytes.count
        }
    }

    /// Whether there is something to read, or the other side has closed.
    var hasInput: Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_PEEK)) >= 0
    }

    /// Waits for `count` bytes.
    func receive(_ count: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        return try await poll(for: "\(count) bytes arrive") {
            while bytes.count < count, let more = read(count - bytes.count) {
                if more.isEmpty { throw SocketFailure("the other side closed the connection") }
                bytes += more
            }
            return bytes.count == count ? bytes : nil
        }
    }

    /// Waits for a whole message.
    func receiveMessage() async throws -> [UInt8] {
        let header = try await receive(WireMessage.headerSize)
        let size = Int(header[...].uint32(at: 4))
        return try await header + receive(size - header.count)
    }

    /// Waits until the other side has closed the connection; what it sends before is dropped.
    func waitUntilClosed() async throws {
        try await poll(until: "the server closes the connection") {
            while let bytes = read(4096) {
                if bytes.isEmpty { return true }
            }
            return false
        }
    }

    /// Ends the connection from this side, in order.
    func close() {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// What has arrived: nil if nothing did, nothing if no more can.
    private func read(_ count: Int) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: count)
        let received = recv(descriptor, &buffer, count, 0)
        if received < 0, errno == EAGAIN || errno == EINTR { return nil }
        return Array(buffer.prefix(max(0, received)))
    }
}

private func withAddress<Result>(
    _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Result
) rethrows -> Result {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return try withUnsafePointer(to: &address) { pointer in
        try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            try body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}
