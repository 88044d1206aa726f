internal import Synchronization

/// Methods that are invoked together and pushed once; see ``Handle/batch(timeout:_:)``.
public struct Batch<Object: AtomicObject> {
    /// What the batch works on, instead of the handle's own state.
    ///
    /// An object, so that what ``InvocationTarget/invoke`` is for a derived object reaches it too.
    final class Copy {
        var handle: HandleState<Object>

        init(of handle: HandleState<Object>) {
            self.handle = handle
        }
    }

    let copy: Copy

    /// The speculative state: what was pulled, and what was invoked since.
    public var state: Object {
        guard let branch = copy.handle.branch else {
            preconditionFailure("a batch stands on a branch as long as it lasts")
        }
        return branch.speculative.object
    }

    /// Runs a method on the speculative state and returns its speculative result.
    ///
    /// A method that throws is in the batch as well: catch its failure to commit it with the rest.
    @discardableResult
    public func invoke<Result: BinaryCodable>(
        _ call: Call<Object, Result>
    ) throws(InvokeFailure) -> Result {
        try copy.handle.invoke(call.method).reply.result()
    }
}

extension Batch: InvocationTarget {}

/// Why a batch was not committed, or not whole.
public enum BatchFailure: Error, Sendable, Hashable {
    /// The object could not be pulled. Nothing of the batch was done, and nothing will be.
    case notPulled(PullFailure)
    /// The closure threw. Nothing of the batch was done, and nothing will be.
    case notInvoked(InvokeFailure)
    /// The push failed, and says what is done, what is not, and what is unknown.
    case notPushed(PushFailure)
}

extension Handle {
    /// Invokes many methods, and pushes them once.
    ///
    ///     let moved = try await settings.batch { batch throws(InvokeFailure) in
    ///         let old = try batch.invoke(.remove("before"))
    ///         return try batch.invoke(.set("after", to: old ?? ""))
    ///     }
    ///
    /// The object is pulled first, unless this handle owns it. The closure runs at once and
    /// uninterrupted: nothing that others invoke on this handle comes between its methods, and it
    /// must use the batch alone, never the handle. If it throws, all that it invoked is dropped.
    ///
    /// The methods follow each other in the log, but it may be that a prefix of them is committed
    /// and the rest is not, or not yet: the failure is `partial` then, and pushing the handle again
    /// goes on. What was pending on the handle is pushed before.
    ///
    /// It costs the round trip of a push, whatever the number of methods, and one more for a pull.
    ///
    /// - Returns: What the closure returned, as a committed result.
    @discardableResult
    public func batch<Value: Sendable>(
        timeout: Duration = .seconds(5),
        _ body: (inout Batch<Object>) throws(InvokeFailure) -> Value
    ) async throws(BatchFailure) -> Value {
        if !isOwner { try await pullForBatch(timeout) }
        let (value, place) = try invokeBatch(body)
        do throws(PushFailure) {
            try await push(timeout: timeout, knowsOwn: true)
        } catch {
            throw .notPushed(error)
        }
        // Another task may have pulled meanwhile: then that push was not of this batch.
        let isCommitted = shared.withLock {
            $0.isCommitted(through: place.lastIndex, under: place.ballot)
        }
        guard isCommitted else {
            throw .notPushed(.stale(unknown: place.requests))
        }
        return value
    }

    private func pullForBatch(_ timeout: Duration) async throws(BatchFailure) {
        do throws(PullFailure) {
            try await pull(timeout: timeout)
        } catch {
            throw .notPulled(error)
        }
    }

    private func invokeBatch<Value: Sendable>(
        _ body: (inout Batch<Object>) throws(InvokeFailure) -> Value
    ) throws(BatchFailure) -> (Value, BatchPlace) {
        do throws(InvokeFailure) {
            return try shared.withLock { state throws(InvokeFailure) in
                try state.invokeBatch(body)
            }
        } catch {
            throw .notInvoked(error)
        }
    }
}

/// Where the methods of a batch stand.
struct BatchPlace: Sendable {
    let requests: [Request]
    let ballot: Ballot
    let lastIndex: UInt64
}

extension HandleState {
    /// Runs the closure on a copy, which takes the place of this state unless it throws.
    mutating func invokeBatch<Value>(
        _ body: (inout Batch<Object>) throws(InvokeFailure) -> Value
    ) throws(InvokeFailure) -> (Value, BatchPlace) {
        guard let ballot = branch?.ballot, let before = branch?.pending.count else {
            throw wasPulled ? .stale : .notPulled
        }
        var batch = Batch<Object>(copy: .init(of: self))
        let value = try body(&batch)
        self = batch.copy.handle
        let place = BatchPlace(
            requests: Array((branch?.pending ?? []).dropFirst(before)), ballot: ballot,
            lastIndex: branch?.speculative.lastIndex ?? 0)
        return (value, place)
    }
}

extension Reply {
    /// What a method invoked on a branch returned, or threw.
    func result<Result: BinaryCodable>() throws(InvokeFailure) -> Result {
        guard outcome != .thrown else { throw .thrown(MethodFailure(payload: payload)) }
        guard outcome != .removed else { throw .removed }
        precondition(outcome == .ok, "a method must be readable as it was written")
        guard let result = try? Result.decoded(from: payload) else {
            preconditionFailure("a call must name the type of its method's result")
        }
        return result
    }
}
