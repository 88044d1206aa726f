public import ADO

/// A replicated lock with fencing tokens.
///
///     let lock = cluster.object(Lock.self, named: "migration")
///     guard let token = try await lock.call(.tryAcquire(owner: me)) else { return }   // held
///     try await data.call(.insert("v2", at: 0, fence: token))
///     try await lock.call(.release(token))                                            // true
///
/// Between two owners lies a committed release: no two hold the lock at any point of its log. An
/// owner may still *believe* that it holds the lock, after a pause, say. So each grant has a token,
/// the number of the grant, above that of every grant before; who writes elsewhere under the lock
/// sends it along, and what is written to refuses lower ones. A token counts once the grant is
/// committed, as everything that `call` returns is. A lock that is removed and created anew counts
/// from the beginning: what was written to under the old one refuses its tokens, so name it anew.
///
/// Both methods may be repeated: acquiring what one owns brings the same token, and a release names
/// the grant, so that one which arrives late ends no later grant. Neither throws. After an unknown
/// outcome ask again. Nothing frees the lock of an owner that died, except somebody who reads
/// `holder` and releases that token; see ``TimeoutLock``. Each costs one round trip.
public struct Lock: AtomicObject, Hashable {
    /// What a lock can be asked to do.
    public enum Method: ObjectMethod, Hashable {
        /// Takes the lock if it is free, and returns the token if it is the owner's now.
        case tryAcquire(owner: UInt64)
        /// Ends the grant with this token, and returns whether it was in force.
        case release(UInt64)
        /// Returns who has the lock.
        case holder

        /// True for `holder`.
        public var isReadOnly: Bool { self == .holder }
    }

    /// The name of the type in logs.
    public static let typeName = "Lock"

    /// Who has the lock.
    public private(set) var holder: LockHolder?

    /// The number of grants so far, which is the token of the last.
    public private(set) var grants: UInt64 = 0

    /// Makes a free lock.
    public init() {}

    /// Runs one method.
    public mutating func apply(_ method: Method, result: inout Writer) throws(MethodFailure) {
        switch method {
        case .tryAcquire(let owner):
            if holder == nil {
                grants += 1
                holder = LockHolder(owner: owner, token: grants)
            }
            (holder?.owner == owner ? holder?.token : nil).write(to: &result)
        case .release(let token):
            let isInForce = holder?.token == token
            if isInForce { holder = nil }
            isInForce.write(to: &result)
        case .holder:
            holder.write(to: &result)
        }
    }
}

/// Who has a lock.
public struct LockHolder: Sendable, Hashable {
    /// The owner, as it named itself.
    public let owner: UInt64
    /// The fencing token of its grant.
    public let token: UInt64
}

// MARK: - Encoding

extension LockHolder: BinaryCodable {
    /// Appends the owner and the token.
    public func write(to writer: inout Writer) {
        owner.write(to: &writer)
        token.write(to: &writer)
    }

    /// Reads an owner and a token.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> LockHolder {
        LockHolder(owner: try .read(from: &reader), token: try .read(from: &reader))
    }
}

extension Lock {
    /// Appends the number of grants, and who has the last one.
    public func writeState(to writer: inout Writer) {
        grants.write(to: &writer)
        (holder?.owner).write(to: &writer)
    }

    /// Reads a lock.
    public static func readState(from reader: inout Reader) throws(DecodingFailure) -> Lock {
        var lock = Lock()
        lock.grants = try .read(from: &reader)
        if let owner = try UInt64?.read(from: &reader) {
            guard lock.grants > 0 else { throw .malformed }
            lock.holder = LockHolder(owner: owner, token: lock.grants)
        }
        return lock
    }
}

extension Lock.Method: BinaryCodable {
    /// Appends a tag, 1 to 3, and the argument.
    public func write(to writer: inout Writer) {
        switch self {
        case .tryAcquire(let owner):
            writer.u8(1)
            owner.write(to: &writer)
        case .release(let token):
            writer.u8(2)
            token.write(to: &writer)
        case .holder: writer.u8(3)
        }
    }

    /// Reads a tag and the argument.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Lock.Method {
        switch try reader.u8() {
        case 1: return .tryAcquire(owner: try .read(from: &reader))
        case 2: return .release(try .read(from: &reader))
        case 3: return .holder
        case let tag: throw .unknownTag(UInt32(tag))
        }
    }
}

// MARK: - Calls

extension Call where Object == Lock, Result == UInt64? {
    /// Takes the lock if it is free; returns the token if it is the owner's now, else nil.
    public static func tryAcquire(owner: UInt64) -> Self { Self(.tryAcquire(owner: owner)) }
}

extension Call where Object == Lock, Result == Bool {
    /// Ends the grant with this token, and returns whether it was in force.
    public static func release(_ token: UInt64) -> Self { Self(.release(token)) }
}

extension Call where Object == Lock, Result == LockHolder? {
    /// Returns who has the lock.
    public static var holder: Self { Self(.holder) }
}
