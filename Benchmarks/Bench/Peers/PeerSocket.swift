import Glibc

/// A connection over loopback that never blocks.
enum PeerSocket {
    /// Connects to a port of this machine; nil if nobody listens.
    static func connect(_ port: UInt16) -> Int32? {
        let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard file >= 0 else { return nil }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let failure = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        var yes: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(file, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, size)
        guard failure == 0, fcntl(file, F_SETFL, fcntl(file, F_GETFL) | O_NONBLOCK) == 0 else {
            close(file)
            return nil
        }
        return file
    }

    /// Sends as much as fits, and takes that from the front; false if the connection is broken.
    static func send(_ file: Int32, _ output: inout [UInt8]) -> Bool {
        var sent = 0
        defer {
            if sent == output.count {
                output.removeAll(keepingCapacity: true)
            } else {
                output.removeFirst(sent)
            }
        }
        while sent < output.count {
            let count = output.withUnsafeBytes { bytes in
                Glibc.send(
                    file, bytes.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0 { return errno == EAGAIN || errno == EINTR }
            sent += count
        }
        return true
    }

    /// Receives what is there, to the end of `input`; false if the connection is at its end.
    static func receive(_ file: Int32, _ input: inout [UInt8], _ buffer: inout [UInt8]) -> Bool {
        let count = read(file, &buffer, buffer.count)
        if count > 0 { input.append(contentsOf: buffer[..<count]) }
        return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR))
    }

    /// Waits for something to receive, for room to send, or for `wake`.
    static func wait(_ file: Int32, forRoom: Bool, wake: Wake, milliseconds: Int32) {
        let events = Int16(POLLIN) | (forRoom ? Int16(POLLOUT) : 0)
        var files = [
            pollfd(fd: wake.reader, events: Int16(POLLIN), revents: 0),
            pollfd(fd: file, events: events, revents: 0),
        ]
        _ = poll(&files, nfds_t(file < 0 ? 1 : 2), milliseconds)
        wake.clear()
    }
}

/// Ends the wait of a thread from another one.
final class Wake: Sendable {
    let reader: Int32
    private let writer: Int32

    init() {
        var files: [Int32] = [-1, -1]
        precondition(pipe(&files) == 0, "no more files can be opened")
        for file in files {
            _ = fcntl(file, F_SETFL, O_NONBLOCK)
            _ = fcntl(file, F_SETFD, FD_CLOEXEC)
        }
        (reader, writer) = (files[0], files[1])
    }

    deinit {
        close(reader)
        close(writer)
    }

    /// A full pipe has woken it already.
    func signal() {
        var byte: UInt8 = 0
        _ = write(writer, &byte, 1)
    }

    func clear() {
        var bytes: (UInt64, UInt64) = (0, 0)
        _ = read(reader, &bytes, 16)
    }
}
