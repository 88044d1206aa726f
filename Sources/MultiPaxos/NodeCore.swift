internal import ADO
internal import CMultiPaxos
internal import CMultiPaxosUV
internal import Synchronization

/// The C node, which any thread may use: `mp_uv.h` says which functions are thread-safe.
struct RawNode: @unchecked Sendable {
    let pointer: OpaquePointer
}

/// What a ``Node`` and its loop thread both hold.
///
/// Orders go down through ``order(_:)``, which keeps them from reaching a closed node. What comes
/// up arrives in the extension that the callbacks call.
final class NodeCore: Sendable {
    typealias Closed = CheckedContinuation<Void, Never>

    private enum Phase {
        case starting
        case running(RawNode)
        case closing(waiters: [Closed])
        case closed
    }

    let options: NodeOptions
    let loop: LoopState
    let waiting = Waiting()
    let routes = RouteTable()
    let sources = LogSources()
    /// Groups of which the driver was told what object they are.
    let opened = Mutex<Set<UInt64>>([])
    /// The ballots that this node pulled groups with, as long as it may push with them.
    let owned = Mutex<[UInt64: Owned]>([:])
    private let phase = Mutex(Phase.starting)

    init(options: NodeOptions, types: TypeRegistry) {
        self.options = options
        loop = LoopState(types: types)
    }
}

// MARK: - Lifecycle

extension NodeCore {
    var isClosed: Bool {
        phase.withLock { if case .closed = $0 { true } else { false } }
    }

    func started(_ raw: RawNode) {
        phase.withLock { $0 = .running(raw) }
    }

    /// Lends the C node to `body`, or is `MP_CLOSED` if it may not be used any more.
    ///
    /// Its thread runs before it is here: that moment is `MP_BUSY`.
    func order(_ body: (OpaquePointer) -> mp_status) -> mp_status {
        phase.withLock { phase in
            switch phase {
            case .starting: MP_BUSY
            case .running(let raw): body(raw.pointer)
            case .closing, .closed: MP_CLOSED
            }
        }
    }

    func close(_ waiter: Closed) {
        let isOver = phase.withLock { phase in
            switch phase {
            case .running(let raw):
                phase = .closing(waiters: [waiter])
                mp_uv_node_close(raw.pointer)
                return false
            case .closing(let waiters):
                phase = .closing(waiters: waiters + [waiter])
                return false
            case .starting, .closed:
                return true
            }
        }
        if isOver { waiter.resume() }
    }

    /// The node closes by itself: no order may reach it any more.
    func failed(_ error: NodeError) {
        phase.withLock { phase in
            if case .running = phase { phase = .closing(waiters: []) }
        }
        options.onFatal?(error)
    }

    /// The loop has stopped: nothing comes any more, so whatever still waits is settled here.
    func closed() {
        waiting.settleAll()
        routes.removeAll()
        let waiters = phase.withLock { phase in
            defer { phase = .closed }
            guard case .closing(let waiters) = phase else { return [Closed]() }
            return waiters
        }
        loop.release()
        for waiter in waiters { waiter.resume() }
    }
}
