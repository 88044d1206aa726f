import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Synchronization

/// A gRPC connection to each member.
final class Members: Sendable {
    typealias Transport = HTTP2ClientTransport.Posix

    private let clients: [GRPCClient<Transport>]

    init(ports: [Int]) {
        clients = ports.map { port in
            do {
                return GRPCClient(
                    transport: try Transport(
                        target: .ipv4(address: "127.0.0.1", port: port),
                        transportSecurity: .plaintext))
            } catch {
                fatalError("no transport to port \(port): \(error)")
            }
        }
        for client in clients { Task { try? await client.runConnections() } }
    }

    deinit { for client in clients { client.beginGracefulShutdown() } }

    var count: Int { clients.count }

    func keys(_ member: Int) -> Etcdserverpb_KV.Client<Transport> {
        Etcdserverpb_KV.Client(wrapping: clients[member])
    }

    /// The term in which a member leads; nil if it does not, or does not answer in time.
    func termLed(by member: Int) async -> UInt64? {
        let maintenance = Etcdserverpb_Maintenance.Client(wrapping: clients[member])
        let status = try? await maintenance.status(
            Etcdserverpb_StatusRequest(), options: .within(.milliseconds(200)))
        guard let status, status.leader != 0, status.leader == status.header.memberID else {
            return nil
        }
        return status.raftTerm
    }
}

extension CallOptions {
    /// Ends in time, and at once where nobody listens.
    static func within(_ time: Duration) -> CallOptions {
        var options = CallOptions.defaults
        options.timeout = time
        options.waitForReady = false
        return options
    }
}

/// Which member leads, as far as is known: all calls go to it, as others would only pass them on.
final class Leadership: Sendable {
    private struct State: Sendable {
        var leader: Int?
        var isSearching = false
    }

    private let members: Members
    private let state = Mutex(State())

    init(_ members: Members) { self.members = members }

    func termLed(by member: Int) async -> UInt64? {
        guard member >= 0, member < members.count else { return nil }
        return await members.termLed(by: member)
    }

    /// The leader; nil if none was found in time.
    func leader(within time: Duration) async -> Int? {
        let deadline = ContinuousClock.now + time
        while ContinuousClock.now < deadline {
            if let leader = state.withLock({ $0.leader }) { return leader }
            search()
            try? await Task.sleep(for: .milliseconds(5))
        }
        return nil
    }

    /// A member did not answer as a leader does: it is asked again who leads.
    func doubt(_ member: Int) {
        state.withLock { if $0.leader == member { $0.leader = nil } }
    }

    private func search() {
        let isMine = state.withLock { state in
            defer { state.isSearching = true }
            return !state.isSearching
        }
        guard isMine else { return }
        Task {
            let found = await find()
            state.withLock { $0 = State(leader: found, isSearching: false) }
        }
    }

    private func find() async -> Int? {
        await withTaskGroup(of: (Int, UInt64?).self) { group in
            for member in 0..<members.count {
                group.addTask { [members] in (member, await members.termLed(by: member)) }
            }
            var best: (member: Int, term: UInt64)?
            for await (member, term) in group {
                if let term, term > best?.term ?? 0 { best = (member, term) }
            }
            return best?.member
        }
    }
}
