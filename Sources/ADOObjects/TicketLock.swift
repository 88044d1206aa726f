public import ADO
internal import HashTreeCollections

/// A replicated lock that is granted in the order in which it was asked for.
///
///     let lock = cluster.object(TicketLock.self, named: "fair")
///     try await lock.call(.acquire(owner: me))        // .waiting(ahead: 1)
///     try await lock.call(.acquire(owner: me))        // .granted(token: 2), once it is my turn
///     try await lock.call(.release(2))                // true
///
/// Asking draws a ticket, one per owner, and asking again only tells how it stands: so a request
/// that is repeated draws no second one. The number of the ticket is the fencing token: tickets are
/// served in their order, so each grant's is above all before, as ``Lock`` explains. `cancel` gives
/// a ticket back.
///
/// No method throws. After an unknown outcome ask again. An owner that dies while it waits or holds
/// blocks all behind it until somebody cancels for it, under the name that it gave. Each method
/// costs one round trip to a quorum. Copies share what they have in common.
public struct TicketLock: AtomicObject, Equatable {
    /// What a lock can be asked to do.
    public enum Method: ObjectMethod, Hashable {
        /// Draws a ticket unless the owner has one, and returns how it stands.
        case acquire(owner: UInt64)
        /// Ends the grant with this token, and returns whether it was in force.
        case release(UInt64)
        /// Gives the owner's ticket or grant back, and returns whether it had one.
        case cancel(owner: UInt64)
        /// Returns who has the lock.
        case holder

        /// True for `holder`.
        public var isReadOnly: Bool { self == .holder }
    }

    /// How a ticket stands.
    public enum Place: Hashable, Sendable {
        /// The lock is the owner's, with this fencing token.
        case granted(token: UInt64)
        /// So many tickets are before it.
        case waiting(ahead: Int)
    }

    /// The name of the type in logs.
    public static let typeName = "TicketLock"

    /// The tickets drawn so far; the next one is this plus one.
    public private(set) var drawn: UInt64 = 0

    private var tickets: TreeDictionary<UInt64, UInt64> = [:]
    /// The owners by ticket; the lowest ticket is the one that is served.
    private var owners: TreeDictionary<UInt64, UInt64> = [:]
    /// Below this no ticket is out.
    private var served: UInt64 = 1

    /// Makes a free lock.
    public init() {}

    /// Who has the lock.
    public var holder: LockHolder? {
        owners[served].map { LockHolder(owner: $0, token: served) }
    }

    /// The tickets that are out, in their order, the holder's first.
    public var queue: [LockHolder] {
        owners.sorted { $0.key < $1.key }.map { LockHolder(owner: $0.value, token: $0.key) }
    }

    /// Runs one method.
    public mutating func apply(_ method: Method, result: inout Writer) throws(MethodFailure) {
        switch method {
        case .acquire(let owner):
            draw(owner).write(to: &result)
        case .release(let token):
            let owner = token == served ? owners[token] : nil
            (owner.map { give(back: $0) } ?? false).write(to: &result)
        case .cancel(let owner):
            give(back: owner).write(to: &result)
        case .holder:
            holder.write(to: &result)
        }
    }

    private mutating func draw(_ owner: UInt64) -> Place {
        if tickets[owner] == nil {
            drawn += 1
            tickets[owner] = drawn
            owners[drawn] = owner
            skipVacant()
        }
        let ticket = tickets[owner] ?? drawn
        if ticket == served { return .granted(token: ticket) }
        return .waiting(ahead: owners.keys.count { $0 < ticket })
    }

    private mutating func give(back owner: UInt64) -> Bool {
        guard let ticket = tickets.removeValue(forKey: owner) else { return false }
        owners[ticket] = nil
        skipVacant()
        return true
    }

    /// Serves the lowest ticket that is out.
    private mutating func skipVacant() {
        while served <= drawn, owners[served] == nil { served += 1 }
    }
}

// MARK: - Encoding

extension TicketLock {
    /// Appends the number of tickets drawn, and those that are out with their owners, in order.
    public func writeState(to writer: inout Writer) {
        drawn.write(to: &writer)
        queue.write(to: &writer)
    }

    /// Reads a lock whose tickets rise.
    public static func readState(from reader: inout Reader) throws(DecodingFailure) -> TicketLock {
        var lock = TicketLock()
        lock.drawn = try .read(from: &reader)
        var last: UInt64 = 0
        for ticket in try [LockHolder].read(from: &reader) {
            guard ticket.token > last, ticket.token <= lock.drawn,
                lock.tickets.updateValue(ticket.token, forKey: ticket.owner) == nil
            else { throw .malformed }
            lock.owners[ticket.token] = ticket.owner
            last = ticket.token
        }
        guard lock.drawn < .max else { throw .malformed }
        lock.served = lock.owners.keys.min() ?? lock.drawn + 1
        return lock
    }
}

extension TicketLock.Method: BinaryCodable {
    /// Appends a tag, 1 to 4, and the argument.
    public func write(to writer: inout Writer) {
        switch self {
        case .acquire(let owner):
            writer.u8(1)
            owner.write(to: &writer)
        case .release(let token):
            writer.u8(2)
            token.write(to: &writer)
        case .cancel(let owner):
            writer.u8(3)
            owner.write(to: &writer)
        case .holder: writer.u8(4)
        }
    }

    /// Reads a tag and the argument.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Self {
        switch try reader.u8() {
        case 1: return .acquire(owner: try .read(from: &reader))
        case 2: return .release(try .read(from: &reader))
        case 3: return .cancel(owner: try .read(from: &reader))
        case 4: return .holder
        case let tag: throw .unknownTag(UInt32(tag))
        }
    }
}

extension TicketLock.Place: BinaryCodable {
    /// Appends a tag, 1 or 2, and the number.
    public func write(to writer: inout Writer) {
        switch self {
        case .granted(let token):
            writer.u8(1)
            token.write(to: &writer)
        case .waiting(let ahead):
            writer.u8(2)
            ahead.write(to: &writer)
        }
    }

    /// Reads a tag and the number.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Self {
        switch try reader.u8() {
        case 1: return .granted(token: try .read(from: &reader))
        case 2: return .waiting(ahead: try .read(from: &reader))
        case let tag: throw .unknownTag(UInt32(tag))
        }
    }
}

// MARK: - Calls

extension Call where Object == TicketLock, Result == TicketLock.Place {
    /// Draws a ticket unless the owner has one, and returns how it stands.
    public static func acquire(owner: UInt64) -> Self { Self(.acquire(owner: owner)) }
}

extension Call where Object == TicketLock, Result == Bool {
    /// Ends the grant with this token, and returns whether it was in force.
    public static func release(_ token: UInt64) -> Self { Self(.release(token)) }

    /// Gives the owner's ticket or grant back, and returns whether it had one.
    public static func cancel(owner: UInt64) -> Self { Self(.cancel(owner: owner)) }
}

extension Call where Object == TicketLock, Result == LockHolder? {
    /// Returns who has the lock.
    public static var holder: Self { Self(.holder) }
}
