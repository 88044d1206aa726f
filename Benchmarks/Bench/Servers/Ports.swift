import Glibc

/// Loopback ports that nothing listens on.
///
/// They are taken from below the range that the kernel gives to outgoing connections, so that a
/// port stays free while its server is dead.
enum Ports {
    private static let range: ClosedRange<UInt16> = 20_000...32_000

    /// So many different free ports.
    static func free(_ count: Int) throws(BenchError) -> [UInt16] {
        var found: [UInt16] = []
        for _ in 0..<1000 where found.count < count {
            let port = UInt16.random(in: range)
            if !found.contains(port), isFree(port) { found.append(port) }
        }
        guard found.count == count else {
            throw BenchError(
                "found no \(count) free loopback ports in \(range): end what listens on them.")
        }
        return found
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { return false }
        defer { close(socket) }
        var yes: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
