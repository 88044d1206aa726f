public import ADO
internal import CMultiPaxos
internal import CMultiPaxosUV

extension Node {
    /// What this node says of itself.
    ///
    /// - Throws: ``NodeError`` where it is closed.
    public func status() async throws(NodeError) -> NodeStatus {
        let core = core
        let result: Result<NodeStatus, NodeError> = await core.onLoop { raw in
            core.nodeStatus(raw)
        }
        return try result.get()
    }

    /// What the server `server` says of itself.
    ///
    /// - Throws: ``NodeError`` with code `unreachable` where it does not answer in time.
    public func status(
        of server: UInt64, timeout: Duration = .seconds(1)
    ) async throws(NodeError) -> NodeStatus {
        try await ask(server, .status, timeout)
    }

    /// What the server `server` says of one object; `nil` if it never heard of it.
    ///
    /// - Throws: ``NodeError`` with code `unreachable` where it does not answer in time.
    public func status(
        of object: ObjectName, on server: UInt64, timeout: Duration = .seconds(1)
    ) async throws(NodeError) -> ObjectStatus? {
        try await ask(server, .object(group: object.group), timeout)
    }

    /// Tells `server` that an operator approves of the directory that another server runs on now.
    ///
    /// This alone gives no vote: more than half of the servers beside `node` must have heard of it,
    /// and then each object's log must name the directory. The servers see to both.
    ///
    /// - Returns: Whether it is on record. If not, `generation` is not above that of a directory
    ///   that was approved before, or that directory cannot be approved.
    /// - Throws: ``NodeError`` with code `unreachable` where `server` does not answer in time:
    ///   whether it is on record is unknown then, and it may be asked again.
    public func approve(
        node: UInt64, incarnation: UInt64, generation: UInt32, on server: UInt64,
        timeout: Duration = .seconds(1)
    ) async throws(NodeError) -> Bool {
        let request = AdminRequest.approve(
            node: node, incarnation: incarnation, generation: generation)
        return try await ask(server, request, timeout)
    }

    private func ask<Answer: BinaryCodable>(
        _ server: UInt64, _ request: AdminRequest, _ timeout: Duration
    ) async throws(NodeError) -> Answer {
        let reply = await core.ask(server, request.encoded(), timeout)
        switch reply.outcome {
        case .ok:
            break
        case .rejected:
            throw NodeError(
                .malformed, "node \(server) does not know this request; use tools of its version")
        default:
            throw NodeError(
                .unreachable, "node \(server) does not answer; check that it runs and its address")
        }
        do throws(DecodingFailure) {
            return try Answer.decoded(from: reply.payload)
        } catch {
            throw NodeError(
                .malformed, "node \(server) answered something else; use tools of its version")
        }
    }
}

extension NodeCore {
    func ask(_ server: UInt64, _ request: [UInt8], _ timeout: Duration) async -> Reply {
        let token = waiting.tokens()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let deadline = ContinuousClock.now + timeout
                waiting.add(
                    token, Waiting.Call(deadline: deadline) { continuation.resume(returning: $0) })
                let status = order { raw in
                    mp_uv_node_admin(raw, server, token, request, UInt32(request.count))
                }
                if status != MP_OK { waiting.settle(token, ReplyOutcome(refused: status)) }
                if Task.isCancelled { waiting.settle(token, .unknown) }
            }
        } onCancel: {
            waiting.settle(token, .unknown)
        }
    }

    /// What `body` makes of the C node on the loop thread.
    func onLoop<Answer: Sendable>(
        _ body: @escaping @Sendable (OpaquePointer) -> Answer
    ) async -> Result<Answer, NodeError> {
        await withCheckedContinuation { continuation in
            let status = run { [self] in
                var answer: Answer?
                let status = order { raw in
                    answer = body(raw)
                    return MP_OK
                }
                continuation.resume(
                    returning: answer.map { .success($0) } ?? .failure(.init(status)))
            }
            if status != MP_OK { continuation.resume(returning: .failure(NodeError(status))) }
        }
    }
}
