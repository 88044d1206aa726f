internal import CMultiPaxosUV
internal import Synchronization

/// Where the replies of a pipeline go.
///
/// The top 16 bits of a token name a route, 0 none; then comes a bit that is set for reads, and the
/// number of the request or read. So an answer finds its request without a table of tokens.
final class RouteTable: Sendable {
    /// Gets the replies of one route, many at a time, on the loop thread.
    struct Route: Sendable {
        let onReplies: @Sendable (UnsafeBufferPointer<mp_uv_reply>) -> Void
    }

    static let shift: UInt64 = 48
    static let readBit: UInt64 = 1 << 47
    static let numberMask: UInt64 = readBit - 1

    /// A reserved route has no value yet.
    private let routes = Mutex<[UInt64: Route?]>([:])

    static func route(of token: UInt64) -> UInt64 { token >> shift }

    /// A free route, or `nil` if there are 65,535 already.
    func reserve() -> UInt64? {
        routes.withLock { routes in
            let free = (1...UInt64(0xffff)).first { routes[$0] == nil }
            if let free { routes[free] = .some(nil) }
            return free
        }
    }

    func set(_ route: UInt64, _ value: Route) {
        routes.withLock { $0[route] = value }
    }

    func remove(_ route: UInt64) {
        routes.withLock { _ = $0.removeValue(forKey: route) }
    }

    func find(_ route: UInt64) -> Route? {
        routes.withLock { $0[route] ?? nil }
    }

    /// Lets go of every pipeline.
    func removeAll() {
        routes.withLock { $0 = [:] }
    }
}
