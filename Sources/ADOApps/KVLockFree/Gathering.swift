internal import ADO
internal import Synchronization

/// Writes of one client that go together: what comes while others are under way waits, and then
/// goes with all that came meanwhile, as one entry of each log.
///
/// A group takes as long as one write would, and costs hardly more. Writes that wait for one
/// another in the program never meet here.
final class Gathering: Sendable {
    typealias Outcome = Result<Void, StoreFailure>

    struct Write: Sendable {
        let key: String
        let value: String
        let deadline: Duration
    }

    private struct Waiting {
        let number: UInt64
        let write: Write
        let outcome: Race<Awaited<Outcome>>
    }

    private struct State {
        var underWay = 0
        var waiting: [Waiting] = []
        var numbered: UInt64 = 0
    }

    /// While one group is on the disks the next is on the wire.
    private static let groupsMax = 2
    private static let writesMax = 256
    private static let bytesMax = 64 * 1024
    private static let waitingMax = 1 << 16

    private let state = Mutex(State())
    private let surroundings: any Surroundings
    private let carry: @Sendable ([Write]) async -> [Outcome]

    /// - Parameter carry: Does a group of writes and says what became of each.
    init(
        in surroundings: any Surroundings, carry: @escaping @Sendable ([Write]) async -> [Outcome]
    ) {
        self.surroundings = surroundings
        self.carry = carry
    }

    /// How many writes wait for those under way.
    var waitingCount: Int { state.withLock(\.waiting.count) }

    func run(_ write: Write) async throws(StoreFailure) {
        switch enter(write) {
        case .alone:
            let outcomes = await carry([write])
            leave()
            try outcomes[0].get()
        case .waits(let number, let outcome): try await wait(for: outcome, number, write.deadline)
        case .full: throw .notDone(.busy)
        }
    }

    // MARK: Coming and going

    private enum Entry {
        case alone
        case waits(UInt64, Race<Awaited<Outcome>>)
        case full
    }

    private func enter(_ write: Write) -> Entry {
        state.withLock { state in
            if state.underWay < Self.groupsMax {
                state.underWay += 1
                return .alone
            }
            guard state.waiting.count < Self.waitingMax else { return .full }
            state.numbered += 1
            let outcome = Race<Awaited<Outcome>>()
            state.waiting.append(
                Waiting(number: state.numbered, write: write, outcome: outcome))
            return .waits(state.numbered, outcome)
        }
    }

    /// A write is done: those that wait go next, in a task that no caller can cancel.
    private func leave() {
        let group = next()
        if !group.isEmpty { surroundings.start { await self.carryOn(group) } }
    }

    private func carryOn(_ first: [Waiting]) async {
        var group = first
        while !group.isEmpty {
            for (one, outcome) in zip(group, await carry(group.map(\.write))) {
                one.outcome.finish(.finished(outcome))
            }
            group = next()
        }
    }

    /// The next group; if there is none, its place is free.
    private func next() -> [Waiting] {
        state.withLock { state in
            let group = Self.takeGroup(&state.waiting)
            if group.isEmpty { state.underWay -= 1 }
            return group
        }
    }

    private static func takeGroup(_ waiting: inout [Waiting]) -> [Waiting] {
        var bytes = 0
        let fit = waiting.prefix(writesMax).prefix { one in
            bytes += one.write.key.utf8.count + one.write.value.utf8.count
            return bytes <= bytesMax
        }
        let group = Array(waiting.prefix(max(fit.count, min(waiting.count, 1))))
        waiting.removeFirst(group.count)
        return group
    }

    // MARK: Waiting

    private func wait(
        for outcome: Race<Awaited<Outcome>>, _ number: UInt64, _ deadline: Duration
    ) async throws(StoreFailure) {
        let patience = max(.zero, deadline - surroundings.now)
        switch await outcome.value(within: patience, in: surroundings) {
        case .finished(let outcome): try outcome.get()
        case .late: throw withdraw(number, .unreachable)
        case .cancelled: throw withdraw(number, .interrupted)
        }
    }

    /// What is known of a write that its caller no longer waits for.
    private func withdraw(_ number: UInt64, _ obstacle: Obstacle) -> StoreFailure {
        let withdrawn: Waiting? = state.withLock { state in
            let place = state.waiting.firstIndex { $0.number == number }
            return place.map { state.waiting.remove(at: $0) }
        }
        guard let withdrawn else { return .unknown(obstacle) }
        let failure = StoreFailure.notDone(obstacle)
        withdrawn.outcome.finish(.finished(.failure(failure)))
        return failure
    }
}
