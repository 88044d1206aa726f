import ADO
import ADOObjects
import MultiPaxos
import TestSupport
import Testing

/// Clusters in one process; one at a time, because each has eight threads and three disks.
@Suite(.serialized) struct `A cluster in one process` {}

/// Runs `body` with a cluster and shuts it down, whatever happens.
func withCluster<Result>(
    replicas: Int = 3, types: TypeRegistry = TypeRegistry(),
    _ body: (Cluster, EmbeddedReplicas) async throws -> Result
) async throws -> Result {
    let cluster = try await Cluster.embedded(replicas: replicas, types: types)
    do {
        let result = try await body(cluster, try #require(cluster.replicas))
        await cluster.shutdown()
        return result
    } catch {
        await cluster.shutdown()
        throw error
    }
}

/// Runs `body` with another client of the same servers, and shuts it down, whatever happens.
func withClient<Result>(
    of replicas: EmbeddedReplicas, types: TypeRegistry? = nil,
    _ body: (Node) async throws -> Result
) async throws -> Result {
    let client = try await replicas.client(types: types)
    do {
        let result = try await body(client)
        await client.shutdown()
        return result
    } catch {
        await client.shutdown()
        throw error
    }
}

extension EmbeddedReplicas {
    /// What each running server says of an object.
    func statuses(of object: ObjectName) async throws -> [ObjectStatus?] {
        var statuses: [ObjectStatus?] = []
        for node in running {
            let status = try await node.status()
            statuses.append(
                status.objects.first { $0.type == object.type && $0.name == object.name })
        }
        return statuses
    }

    /// Waits until every running server has applied the log through `index`.
    func waitUntilApplied(_ object: ObjectName, through index: UInt64) async throws {
        try await poll(until: "every server has applied index \(index)") {
            try await statuses(of: object).allSatisfy { $0?.applied ?? 0 >= index }
        }
    }

    /// The server that is elected to serve, as a running one says.
    func serving() async throws -> UInt64 {
        try await poll(for: "a server is elected") {
            for node in running {
                let serving = try await node.status().serving
                if serving != 0, self.node(serving) != nil { return serving }
            }
            return nil
        }
    }
}

/// A type that servers do not have unless a test registers it.
struct Flag: AtomicObject {
    enum Method: UInt8, ObjectMethod {
        case raise = 1
        case isRaised = 2

        var isReadOnly: Bool { self == .isRaised }

        func write(to writer: inout Writer) { writer.u8(rawValue) }

        static func read(from reader: inout Reader) throws(DecodingFailure) -> Method {
            let tag = try reader.u8()
            guard let method = Method(rawValue: tag) else { throw .unknownTag(UInt32(tag)) }
            return method
        }
    }

    static let typeName = "Flag"
    var raised = false

    mutating func apply(_ method: Method, result: inout Writer) throws(MethodFailure) {
        if method == .raise { raised = true }
        raised.write(to: &result)
    }

    func writeState(to writer: inout Writer) { raised.write(to: &writer) }

    static func readState(from reader: inout Reader) throws(DecodingFailure) -> Flag {
        Flag(raised: try .read(from: &reader))
    }
}

extension Call where Object == Flag, Result == Bool {
    static var raise: Self { Self(.raise) }
    static var isRaised: Self { Self(.isRaised) }
}
