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

    private struct State {
        /// A reserved route has no value yet.
        var routes: [UInt64: Route?] = [:]
        var next: UInt64 = 1
    }

    static let routesMax: UInt64 = 0xffff

    private let state = Mutex(State())

    static func route(of token: UInt64) -> UInt64 { token >> shift }

    /// A free route, or `nil` if there are 65,535 already.
    ///
    /// Of all free ones the one that was given back longest ago: what a pipeline asked before it
    /// was closed may still be answered, and must not be taken for an answer to the next one.
    func reserve() -> UInt64? {
        state.withLock { state in
            for _ in 0..<Self.routesMax {
                let route = state.next
                state.next = route % Self.routesMax + 1
                if state.routes[route] == nil {
                    state.routes[route] = .some(nil)
                    return route
                }
            }
            return nil
        }
    }

    func set(_ route: UInt64, _ value: Route) {
        state.withLock { $0.routes[route] = value }
    }

    func remove(_ route: UInt64) {
        state.withLock { _ = $0.routes.removeValue(forKey: route) }
    }

    func find(_ route: UInt64) -> Route? {
        state.withLock { $0.routes[route] ?? nil }
    }

    /// Lets go of every pipeline.
    func removeAll() {
        state.withLock { $0.routes = [:] }
    }
}
