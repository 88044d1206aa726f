import Foundation
import GRPCCore
import Synchronization

/// Carries out what is asked for on one connection; every call is on its way at once.
final class Speaker: Sendable {
    private let connection: Connection
    private let ports: [Int]
    private let leadership: Leadership
    private let timeout: Duration
    /// Made for the first call that needs them.
    private let members = Mutex<Members?>(nil)
    /// Failures that may still be told of, so that the log stays short.
    private let told = Mutex(20)

    init(_ connection: Connection, _ ports: [Int], _ leadership: Leadership, _ timeout: Duration) {
        self.connection = connection
        self.ports = ports
        self.leadership = leadership
        self.timeout = timeout
    }

    /// Receives calls until the connection ends, or what came is none.
    func serve() {
        var input: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 17)
        while connection.receive(&input, &buffer) {
            var position = 0
            do throws(FrameFailure) {
                while let call = try Call.take(from: input, at: &position) {
                    Task { connection.send(await answer(call)) }
                }
            } catch {
                complain("etcd-load: what came is no call: the connection is closed.")
                return
            }
            input.removeFirst(position)
        }
    }

    private func answer(_ call: Call) async -> Answer {
        if call.kind == .status {
            let number = Int(String(decoding: call.key, as: UTF8.self)) ?? 0
            let term = await leadership.termLed(by: number - 1)
            return Answer(outcome: .done, id: call.id, value: term.map { Array("\($0)".utf8) })
        }
        guard let leader = await leadership.leader(within: timeout) else {
            return Answer(outcome: .refused, id: call.id)
        }
        do {
            let value = try await perform(call, own().keys(leader))
            return Answer(outcome: .done, id: call.id, value: value)
        } catch {
            tell(of: error)
            let outcome = outcome(error)
            if outcome == .unknown { leadership.doubt(leader) }
            return Answer(outcome: outcome, id: call.id)
        }
    }

    private func tell(of error: any Error) {
        let isNews = told.withLock { left in
            left -= left > 0 ? 1 : 0
            return left > 0
        }
        if isNews { complain("etcd-load: a call failed: \(error)") }
    }

    private func own() -> Members {
        members.withLock { members in
            let own = members ?? Members(ports: ports)
            members = own
            return own
        }
    }

    /// Writes or reads, and returns the value that was replaced or read.
    private func perform(
        _ call: Call, _ keys: Etcdserverpb_KV.Client<Members.Transport>
    ) async throws -> [UInt8]? {
        if call.kind == .put {
            var request = Etcdserverpb_PutRequest()
            request.key = Data(call.key)
            request.value = Data(call.value)
            request.prevKv = true
            let response = try await keys.put(request, options: .within(timeout))
            return response.hasPrevKv ? Array(response.prevKv.value) : nil
        }
        var request = Etcdserverpb_RangeRequest()
        request.key = Data(call.key)
        let response = try await keys.range(request, options: .within(timeout))
        return response.kvs.first.map { Array($0.value) }
    }

    /// What an error says of the call: only a server that says no for certain has not done it.
    private func outcome(_ error: any Error) -> Answer.Outcome {
        switch (error as? RPCError)?.code {
        case .resourceExhausted, .invalidArgument, .failedPrecondition, .unimplemented: .refused
        default: .unknown
        }
    }
}
