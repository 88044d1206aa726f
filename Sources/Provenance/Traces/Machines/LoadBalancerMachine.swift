public import ADO

/// A load balancer: servers report their load, and the least loaded gets the next request.
public struct LoadBalancerMachine: TraceMachine {
    /// `loadbalancer`.
    public static let object = "loadbalancer"

    /// Its methods.
    public static let methods = [TraceMethod("heartbeat", .text, .number), TraceMethod("route")]

    private var loads: [String: Int] = [:]

    /// No servers.
    public init() {}

    /// Runs one call; of equally loaded servers the first by name is chosen.
    public mutating func step(_ call: TraceCall) -> TraceValue {
        if call.method == "heartbeat" {
            loads[call.text(0)] = call.number(1)
            return true
        }
        let least = loads.min { ($0.value, $0.key) < ($1.value, $1.key) }
        return least.map { .string($0.key) } ?? .null
    }

    /// One cell for each server; a route looks at all.
    public static func footprint(of call: TraceCall) -> Footprint {
        call.method == "heartbeat"
            ? .sets(.of("loads", call.text(0))) : .reads(.property("loads"))
    }
}
