internal import ADO
internal import ADOSpec
internal import Synchronization

/// One life of an application on a client: its backend, and its virtual time.
///
/// Its node is a proposer of the shipped core. It dies with the node, and then whatever its code
/// still does fails as closed.
final class AppProcess: Backend {
    /// Everything here happens on the thread of the simulation.
    private struct World: @unchecked Sendable {
        unowned let layer: AppLayer
    }

    /// Tells this life from all others.
    let number: UInt64
    let node: UInt64
    let place: Int
    let time: VirtualTime
    private let world: World
    private let life = Mutex((isDead: false, hasEnded: false, work: Task<Void, Never>?.none))

    init(_ layer: AppLayer, number: UInt64, node: UInt64, place: Int, seed: UInt64) {
        world = World(layer: layer)
        self.number = number
        self.node = node
        self.place = place
        time = VirtualTime(seed: seed)
    }

    var surroundings: any Surroundings { time }

    /// Whether the node crashed; what the code reports from then on is to be ignored.
    var isDead: Bool { life.withLock { $0.isDead } }

    var hasEnded: Bool { life.withLock { $0.hasEnded } }

    /// Whether there is trouble, and so more to do.
    var goesOn: Bool { !isDead && world.layer.isTroubled }

    /// A clock that moves on each time it is read.
    func tick() -> UInt64 { world.layer.tick() }

    /// A number below a bound.
    func below(_ bound: UInt64) -> UInt64 { time.random() % bound }

    /// Begins what the process does.
    func begin(_ work: @escaping @Sendable (AppProcess) async -> Void) {
        let task = time.start {
            await work(self)
            self.life.withLock { $0.hasEnded = true }
        }
        life.withLock { $0.work = task }
    }

    /// Ends the process: its code runs to its end without having any effect.
    func die() {
        let work = life.withLock { life in
            life.isDead = true
            return life.work
        }
        work?.cancel()
        repeat { time.run() } while time.advance()
    }

    // MARK: As a backend

    func pull<Object: AtomicObject>(
        _ object: ObjectName, as type: Object.Type, timeout: Duration
    ) async throws(PullFailure) -> Pulled<Object> {
        guard !isDead else { throw .closed }
        let ended: PullEnd = await withCheckedContinuation { waiter in
            world.layer.pull(self, object, timeout) { waiter.resume(returning: $0) }
        }
        switch ended {
        case .failed(let failure): throw failure
        case .owned(let ballot):
            guard let pulled = world.layer.adopted(self, object, ballot, as: type) else {
                throw .unreadable
            }
            return pulled
        }
    }

    func push(
        _ object: ObjectName, ballot: Ballot, entries: [UInt8], count: Int, timeout: Duration
    ) async -> PushReport {
        guard !isDead else { return .closed }
        return await withCheckedContinuation { waiter in
            world.layer.push(self, object, ballot, entries, count, timeout) {
                waiter.resume(returning: $0)
            }
        }
    }

    func call(
        _ object: ObjectName, kind: CallKind, entries: [UInt8], count: Int, timeout: Duration
    ) async -> [Reply] {
        guard !isDead else { return Array(repeating: Reply(.closed), count: count) }
        return await withCheckedContinuation { waiter in
            world.layer.call(self, object, kind, entries, count, timeout) {
                waiter.resume(returning: $0)
            }
        }
    }

    /// Does nothing: an owner that is gone is taken over by the next.
    func release(_ object: ObjectName, ballot: Ballot) {}
}

/// What became of a pull.
enum PullEnd: Sendable {
    case owned(Ballot)
    case failed(PullFailure)
}
