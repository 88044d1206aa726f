import ADO
import MultiPaxos
import TestSupport

/// What a server that runs says of itself, however long a busy machine takes for it.
extension Cluster {
    func patientStatus(of node: UInt64) async throws -> NodeStatus {
        try await poll(for: "node \(node) answers") { try? await client.status(of: node) }
    }

    /// What it says of one object; nil if it has not heard of it.
    func patientStatus(of object: ObjectName, on node: UInt64) async throws -> ObjectStatus? {
        try await poll(for: "node \(node) says what it has of \(object)") {
            do throws(NodeError) {
                return Answer(status: try await client.status(of: object, on: node))
            } catch {
                return nil
            }
        }.status
    }
}

/// Not the same as no answer.
private struct Answer {
    let status: ObjectStatus?
}
