internal import Synchronization

/// An operation of a program that makes calls: what is recorded with them as their caller.
///
///     try await Activity.run("checkout") {
///         let left = try await stock.call(.take(2))
///         try await orders.call(.add("apples", count: left))   // records that it saw `left`
///     }
///
/// Everything that runs within, in child tasks too, belongs to it: each call gets the next number,
/// and its entry says which replies the operation had seen by then. An activity within another one
/// is a part of it: it counts on, and its name follows the other's after a slash.
///
/// It decides nothing, and what is recorded is bounded: see ``Origin``.
public final class Activity: Sendable {
    /// The activity that the present task works for.
    @TaskLocal public static var current: Activity?

    /// Objects whose last sighting an activity remembers.
    static let trailMax = 8

    private struct Trail: Sendable {
        var step: UInt64 = 0
        /// What was seen of each object, the latest last.
        var seen: [(object: ObjectTag, sighting: Origin.Sighting)] = []
        /// What decided about the calls that follow.
        var reason: (object: ObjectTag, sighting: Origin.Sighting)?
    }

    /// What an activity and those within it have in common.
    private final class Shared: Sendable {
        let trail = Mutex(Trail())
    }

    /// What the program calls it.
    public let name: String

    /// Which run it is.
    public let invocation: UInt64

    private let shared: Shared

    private init(_ name: String, _ invocation: UInt64, _ shared: Shared) {
        self.name = Origin.Caller.bounded(name)
        self.invocation = invocation
        self.shared = shared
    }

    /// Runs `body` as an activity of this name.
    ///
    /// `invocation` tells this run from all others; it is drawn if it is not given.
    public static func run<Value, Failure: Error>(
        _ name: String, invocation: UInt64? = nil,
        isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let activity =
            current?.within(name)
            ?? Activity(name, invocation ?? .random(in: 1...UInt64.max), Shared())
        let result: Result<Value, Failure> = await $current.withValue(activity) {
            do throws(Failure) {
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func within(_ name: String) -> Activity {
        Activity("\(self.name)/\(name)", invocation, shared)
    }
}

// MARK: - What is recorded

extension Activity {
    /// The caller as it is now, without counting a call.
    public var caller: Origin.Caller {
        let step = shared.trail.withLock { $0.step }
        return Origin.Caller(name: name, invocation: invocation, step: step)
    }

    /// Remembers something that was seen of an object, in the place of what was seen before.
    func note(_ sighting: Origin.Sighting, of object: ObjectTag) {
        shared.trail.withLock { trail in
            trail.seen.removeAll { $0.object == object }
            if trail.seen.count == Self.trailMax { trail.seen.removeFirst() }
            trail.seen.append((object, sighting))
        }
    }

    /// Says that what was seen last of an object is the reason for the calls that follow: it is
    /// recorded first, whatever else is seen meanwhile.
    public func decide(by object: ObjectName) {
        let tag = ObjectTag(of: object)
        shared.trail.withLock { trail in
            trail.reason = trail.seen.last { $0.object == tag } ?? trail.reason
        }
    }

    /// Says that a step which failed on an object is the reason for the calls that follow: the one
    /// that was seen to fail last, or else a push that was not tried because of `cause`.
    public func decide(byFailureOf object: ObjectName, _ cause: ExternalEvent.Cause) {
        let tag = ObjectTag(of: object)
        shared.trail.withLock { trail in
            var reason = Origin.Sighting.failure(of: tag, cause, in: .push)
            let last = trail.seen.last { $0.object == tag }
            if let last, case .failure = last.sighting { reason = last.sighting }
            trail.reason = (tag, reason)
        }
    }

    /// The origin of the next call, which is one of `object`.
    func next(for object: ObjectTag) -> Origin {
        shared.trail.withLock { trail in
            trail.step += 1
            let caller = Origin.Caller(name: name, invocation: invocation, step: trail.step)
            let others = trail.seen.reversed().filter { $0.object != trail.reason?.object }
            let seen = (trail.reason.map { [$0] } ?? []) + others
            return Origin(
                caller: caller,
                seen: seen.map { object == $0.object ? $0.sighting.own : $0.sighting })
        }
    }
}

extension Origin.Sighting {
    /// The same, of the object whose log it is in.
    var own: Self {
        switch self {
        case .reply(_, let index, let digest): .reply(of: nil, index: index, digest: digest)
        case .state(_, let index): .state(of: nil, index: index)
        case .failure(_, let cause, let step): .failure(of: nil, cause, in: step)
        }
    }
}
