import Glibc
import Synchronization

/// A connection of `adobench`: a thread receives, whoever has an answer sends.
final class Connection: Sendable {
    private struct Output: Sendable {
        var bytes: [UInt8] = []
        var isSending = false
        var isOver = false
    }

    private let file: Int32
    private let output = Mutex(Output())

    private init(_ file: Int32) { self.file = file }

    deinit { close(file) }

    static func listen(_ port: UInt16) -> Int32? {
        let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var yes: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &yes, size)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        return isBound && Glibc.listen(file, 128) == 0 ? file : nil
    }

    static func accept(_ listener: Int32) -> Connection? {
        let file = Glibc.accept(listener, nil, nil)
        guard file >= 0 else { return nil }
        var yes: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(file, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, size)
        return Connection(file)
    }

    /// Waits for bytes and puts them behind `input`; false at the end.
    func receive(_ input: inout [UInt8], _ buffer: inout [UInt8]) -> Bool {
        let count = read(file, &buffer, buffer.count)
        if count > 0 { input.append(contentsOf: buffer[..<count]) }
        return count > 0 || (count < 0 && errno == EINTR)
    }

    /// Sends an answer, with those that others leave meanwhile.
    func send(_ answer: Answer) {
        let isMine = output.withLock { output in
            guard !output.isOver else { return false }
            answer.append(to: &output.bytes)
            defer { output.isSending = true }
            return !output.isSending
        }
        guard isMine else { return }
        while let bytes = next() { write(bytes) }
    }

    private func next() -> [UInt8]? {
        output.withLock { output in
            guard !output.bytes.isEmpty, !output.isOver else {
                output.isSending = false
                return nil
            }
            defer { output.bytes = [] }
            return output.bytes
        }
    }

    private func write(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(file, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                output.withLock { $0.isOver = true }
                return
            }
            sent += count
        }
    }
}
