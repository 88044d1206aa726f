public import ADO

/// A replicated lock that is freed if its owner is not heard of.
///
///     let lock = cluster.object(TimeoutLock.self, named: "leader")
///     switch try await lock.call(.tryAcquire(owner: me, patience: 3)) {
///     case .granted(let token): try await work(token)     // and `.checkIn(token)` at times
///     case .held(let grant): try await lock.call(.tick(grant.token, seen: grant.elapsed))
///     }
///
/// Time is logical: it passes when somebody says so. Those who wait look at the grant, wait as long
/// as a tick is to be on their own clocks, and send a tick that names what they saw. However many
/// send it, it counts once. After `patience` ticks without a check-in the lock is free. So no clock
/// decides about safety; but an owner can lose the lock while it believes to hold it, and what it
/// writes elsewhere must be guarded by the fencing token, as ``Lock`` explains.
///
/// No method throws. After an unknown outcome ask again: acquiring what one owns brings the same
/// token and does not count as a check-in; a late release, check-in or tick names its grant and
/// does nothing to a later one. Each costs one round trip to a quorum.
public struct TimeoutLock: AtomicObject, Hashable {
    /// What a lock can be asked to do.
    public enum Method: ObjectMethod, Hashable {
        /// Takes the lock if it is free.
        case tryAcquire(owner: UInt64, patience: UInt64)
        /// Ends the grant with this token, and returns whether it was in force.
        case release(UInt64)
        /// Says that the owner is there, and returns whether the grant is in force.
        case checkIn(UInt64)
        /// Says that time passed, and returns the grant that is in force after it.
        case tick(UInt64, seen: UInt64)
        /// Returns the grant that is in force.
        case grant

        /// True for `grant`.
        public var isReadOnly: Bool { self == .grant }
    }

    /// A grant that is in force.
    public struct Grant: Sendable, Hashable {
        /// The owner, as it named itself.
        public let owner: UInt64
        /// The fencing token.
        public let token: UInt64
        /// The ticks after which the lock is free.
        public let patience: UInt64
        /// The ticks since the owner was heard of.
        public fileprivate(set) var elapsed: UInt64 = 0
    }

    /// What came of trying.
    public enum Attempt: Hashable, Sendable {
        /// The lock is the owner's, with this fencing token.
        case granted(token: UInt64)
        /// Somebody else has it.
        case held(Grant)
    }

    /// The name of the type in logs.
    public static let typeName = "TimeoutLock"

    /// The grant that is in force.
    public private(set) var grant: Grant?

    /// The number of grants so far, which is the token of the last.
    public private(set) var grants: UInt64 = 0

    /// Makes a free lock.
    public init() {}

    /// Runs one method.
    public mutating func apply(_ method: Method, result: inout Writer) throws(MethodFailure) {
        switch method {
        case .tryAcquire(let owner, let patience):
            acquire(owner, patience).write(to: &result)
        case .release(let token):
            let isInForce = grant?.token == token
            if isInForce { grant = nil }
            isInForce.write(to: &result)
        case .checkIn(let token):
            let isInForce = grant?.token == token
            if isInForce { grant?.elapsed = 0 }
            isInForce.write(to: &result)
        case .tick(let token, let seen):
            tick(token, seen)
            grant.write(to: &result)
        case .grant:
            grant.write(to: &result)
        }
    }

    private mutating func acquire(_ owner: UInt64, _ patience: UInt64) -> Attempt {
        if let grant {
            return grant.owner == owner ? .granted(token: grant.token) : .held(grant)
        }
        grants += 1
        grant = Grant(owner: owner, token: grants, patience: max(patience, 1))
        return .granted(token: grants)
    }

    private mutating func tick(_ token: UInt64, _ seen: UInt64) {
        guard let grant, grant.token == token, grant.elapsed == seen else { return }
        if seen + 1 >= grant.patience {
            self.grant = nil
        } else {
            self.grant?.elapsed = seen + 1
        }
    }
}

// MARK: - Encoding

extension TimeoutLock.Grant: BinaryCodable {
    /// Appends owner, token, patience and elapsed ticks.
    public func write(to writer: inout Writer) {
        owner.write(to: &writer)
        token.write(to: &writer)
        patience.write(to: &writer)
        elapsed.write(to: &writer)
    }

    /// Reads a grant that is in force.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Self {
        let grant = Self(
            owner: try .read(from: &reader), token: try .read(from: &reader),
            patience: try .read(from: &reader), elapsed: try .read(from: &reader))
        guard grant.elapsed < grant.patience else { throw .malformed }
        return grant
    }
}

extension TimeoutLock {
    /// Appends the number of grants, and the one in force.
    public func writeState(to writer: inout Writer) {
        grants.write(to: &writer)
        grant.write(to: &writer)
    }

    /// Reads a lock whose grant, if any, is the last.
    public static func readState(from reader: inout Reader) throws(DecodingFailure) -> TimeoutLock {
        var lock = TimeoutLock()
        lock.grants = try .read(from: &reader)
        lock.grant = try .read(from: &reader)
        guard lock.grant.map({ $0.token == lock.grants && $0.token > 0 }) ?? true else {
            throw .malformed
        }
        return lock
    }
}

extension TimeoutLock.Method: BinaryCodable {
    /// Appends a tag, 1 to 5, and the arguments.
    public func write(to writer: inout Writer) {
        switch self {
        case .tryAcquire(let owner, let patience):
            writer.u8(1)
            owner.write(to: &writer)
            patience.write(to: &writer)
        case .release(let token):
            writer.u8(2)
            token.write(to: &writer)
        case .checkIn(let token):
            writer.u8(3)
            token.write(to: &writer)
        case .tick(let token, let seen):
            writer.u8(4)
            token.write(to: &writer)
            seen.write(to: &writer)
        case .grant: writer.u8(5)
        }
    }

    /// Reads a tag and the arguments.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Self {
        switch try reader.u8() {
        case 1:
            return .tryAcquire(
                owner: try .read(from: &reader), patience: try .read(from: &reader))
        case 2: return .release(try .read(from: &reader))
        case 3: return .checkIn(try .read(from: &reader))
        case 4: return .tick(try .read(from: &reader), seen: try .read(from: &reader))
        case 5: return .grant
        case let tag: throw .unknownTag(UInt32(tag))
        }
    }
}

extension TimeoutLock.Attempt: BinaryCodable {
    /// Appends a tag, 1 or 2, and the token or the grant.
    public func write(to writer: inout Writer) {
        switch self {
        case .granted(let token):
            writer.u8(1)
            token.write(to: &writer)
        case .held(let grant):
            writer.u8(2)
            grant.write(to: &writer)
        }
    }

    /// Reads a tag and the token or the grant.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Self {
        switch try reader.u8() {
        case 1: return .granted(token: try .read(from: &reader))
        case 2: return .held(try .read(from: &reader))
        case let tag: throw .unknownTag(UInt32(tag))
        }
    }
}

// MARK: - Calls

extension Call where Object == TimeoutLock, Result == TimeoutLock.Attempt {
    /// Takes the lock if it is free, to be freed after `patience` ticks, at least 1.
    public static func tryAcquire(owner: UInt64, patience: UInt64) -> Self {
        Self(.tryAcquire(owner: owner, patience: patience))
    }
}

extension Call where Object == TimeoutLock, Result == Bool {
    /// Ends the grant with this token, and returns whether it was in force.
    public static func release(_ token: UInt64) -> Self { Self(.release(token)) }

    /// Says that the owner is there, and returns whether the grant is in force.
    public static func checkIn(_ token: UInt64) -> Self { Self(.checkIn(token)) }
}

extension Call where Object == TimeoutLock, Result == TimeoutLock.Grant? {
    /// Says that time passed since the grant was seen with so many ticks elapsed.
    ///
    /// Returns the grant that is in force after it; nil if the lock is free.
    public static func tick(_ token: UInt64, seen: UInt64) -> Self {
        Self(.tick(token, seen: seen))
    }

    /// Returns the grant that is in force.
    public static var grant: Self { Self(.grant) }
}
