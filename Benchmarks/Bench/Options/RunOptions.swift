/// Everything that describes one run of `adobench run`.
package struct RunOptions: Sendable {
    /// What is loaded.
    package var target = Target.ado
    package var scenario = Scenario.steady
    package var workload = Workload.set
    package var replicas = 3
    package var valueBytes = 100
    /// Operations in flight over all clients.
    package var inFlight = 1000
    /// Connections, each with its share of `inFlight`.
    package var clients = 1
    /// The generator owns the object and proposes by itself.
    package var embeddedOwner = false
    /// An open loop submits as often, whatever comes back; nil for a closed loop.
    package var pace: Pace?
    /// Objects that are loaded, each with its own keys, log and sessions.
    package var objects = 1
    package var keys = 10_000
    /// How often each of them is used.
    package var distribution = Distribution.uniform
    /// Sets how many operations are in flight; a client of an application does one after the other
    /// where nobody says.
    package mutating func keep(inFlight given: Int?) {
        let usual = workload.isApp ? clients : Self.inFlightDefault(clients, isOpen: pace != nil)
        inFlight = given ?? usual
    }

    /// Whether clients of an application share its objects; nil: stores are shared, managers have
    /// resources of their own.
    package var contended: Bool?
    package var seconds = 10.0
    /// How much later than usual the fault strikes, in seconds.
    package var faultPhase = 0.0
    package var warmup = 1.0
    package var electionTimeoutMilliseconds = 200
    /// A peer elects with our timeout instead of its own.
    package var equalTimeouts = false
    /// The program that speaks gRPC for the load; beside this executable if nil.
    package var etcdLoad: String?
    /// After how long an unanswered call is reported as unknown; five election timeouts if nil.
    package var callTimeoutMilliseconds: Int?
    /// Bytes of a log between two snapshots; 0 for none, because a log that was trimmed cannot be
    /// read back from its first entry, and what is proved by that is not judged then.
    package var snapshotBytes: UInt64 = 0
    /// Where the servers' directories go; a fresh temporary directory if nil.
    package var data: String?
    /// Keep the directories and the logs.
    package var keep = false
    /// The server to run; beside this executable if nil.
    package var adod: String?
    /// Running servers to use instead of starting some.
    package var cluster: [ServerAddress] = []
    /// Process ids of `cluster`, in its order, so that faults are possible.
    package var pids: [Int32] = []
    /// The name of the cluster that `cluster` is.
    package var clusterName = "ado"
    package var json: String?
    package var repeats = 1
    /// Seconds of a window where healthy and faulty ones take turns in one run, `repeats` times.
    package var interleave: Double?
    /// Hundredths of one core that each server may use; nil for as much as there is.
    package var quota: Int?
    /// Calls record in their entries where they come from.
    package var recordsOrigins = true
    /// The servers write traces, which the run is judged by.
    package var traces = true
    /// Evidence falsified on purpose, to see that the verdict notices.
    package var plant: Plant?

    package init() {}

    /// Results that a session keeps.
    static let inFlightPerClientMax = 8192

    /// Operations in flight where nobody says: an open loop is bounded by its sessions alone.
    package static func inFlightDefault(_ clients: Int, isOpen: Bool) -> Int {
        isOpen ? min(max(clients, 1) * inFlightPerClientMax, 65_536) : 1000
    }

    /// Servers that the run has.
    var servers: Int {
        cluster.isEmpty ? target.peer?.servers(replicas) ?? replicas : cluster.count
    }

    /// Whether clients of an application share its objects.
    var sharesObjects: Bool { contended ?? (workload.placement == nil) }

    /// Operations in flight of one client, of one object.
    var inFlightPerClient: Int { max(1, inFlight / (clients * objects)) }

    /// How windows take turns; nil where they do not.
    var interleaving: Interleaving? {
        interleave.map { Interleaving(window: $0, pairs: repeats) }
    }

    /// When the fault strikes, in seconds from the start of the measured time.
    var faultAt: Double { seconds / 3 + faultPhase }

    /// When the victim is restarted or resumed.
    var recoveryAt: Double { faultAt + seconds / 6 }
}

/// Where a server listens.
package struct ServerAddress: Sendable, Equatable {
    package var node: UInt64
    package var host: String
    package var port: UInt16

    package init(node: UInt64, host: String, port: UInt16) {
        self.node = node
        self.host = host
        self.port = port
    }

    /// Reads `1=host:port`.
    package init?(_ text: String) {
        guard let equals = text.firstIndex(of: "="), let colon = text.lastIndex(of: ":"),
            equals < colon, let node = UInt64(text[..<equals]), node > 0,
            let port = UInt16(text[text.index(after: colon)...]), port > 0
        else { return nil }
        let host = text[text.index(after: equals)..<colon]
        guard !host.isEmpty else { return nil }
        self.init(node: node, host: String(host), port: port)
    }

    /// Reads `1=host:port,2=host:port`.
    package static func list(_ text: String) throws(BenchError) -> [ServerAddress] {
        var found: [ServerAddress] = []
        for part in text.split(separator: ",") {
            guard let address = ServerAddress(String(part)) else {
                throw .usage("--cluster \(part) is not like 1=host:port.")
            }
            found.append(address)
        }
        return found
    }

    /// Reads the process ids of servers.
    package static func processes(_ text: String) throws(BenchError) -> [Int32] {
        var found: [Int32] = []
        for part in text.split(separator: ",") {
            guard let pid = Int32(part), pid > 1 else {
                throw .usage("--pids \(part) is not a process id.")
            }
            found.append(pid)
        }
        return found
    }

    /// `host:port`.
    package var hostAndPort: String { "\(host):\(port)" }
}
