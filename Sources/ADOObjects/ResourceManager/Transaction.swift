public import ADO

/// One life of a transaction manager: later lives, and later managers, are higher.
public struct Epoch: Sendable, Hashable {
    /// Rises with each life; compared first.
    public let number: UInt64
    /// The manager, a random number.
    public let manager: UInt64

    /// Makes the epoch of a manager.
    public init(number: UInt64, manager: UInt64) {
        self.number = number
        self.manager = manager
    }

    /// Below every manager's.
    public static let none = Epoch(number: 0, manager: 0)
}

/// One transaction: its place among all, since one manager runs them one after the other.
public struct TransactionID: Sendable, Hashable {
    /// The life of the manager that began it.
    public let epoch: Epoch
    /// Its number in that life, from 1.
    public let number: UInt64

    /// Makes the id of a transaction.
    public init(epoch: Epoch, number: UInt64) {
        self.epoch = epoch
        self.number = number
    }
}

/// What a transaction does to one resource of a manager.
public struct ResourceChange: Sendable, Hashable {
    /// The name of the resource.
    public let resource: String
    /// By how much its quantity changes.
    public let amount: Int

    /// Makes a change of a resource by an amount.
    public init(_ resource: String, by amount: Int) {
        self.resource = resource
        self.amount = amount
    }
}

/// What becomes of a transaction.
public enum Decision: UInt8, Sendable, Hashable {
    /// Its changes are made.
    case commit = 1
    /// Nothing of it is.
    case abort = 2
}

/// A transaction that was decided.
public struct Decided: Sendable, Hashable {
    /// Which transaction.
    public let id: TransactionID
    /// What became of it.
    public let decision: Decision

    /// Makes a decision about a transaction.
    public init(_ id: TransactionID, _ decision: Decision) {
        self.id = id
        self.decision = decision
    }
}

// MARK: - Order

extension Epoch: Comparable {
    /// Orders by number, then by manager.
    public static func < (left: Epoch, right: Epoch) -> Bool {
        (left.number, left.manager) < (right.number, right.manager)
    }
}

extension TransactionID: Comparable {
    /// Orders by epoch, then by number.
    public static func < (left: TransactionID, right: TransactionID) -> Bool {
        (left.epoch, left.number) < (right.epoch, right.number)
    }
}

extension TransactionID: CustomStringConvertible {
    /// Such as `2.7/31`: epoch number, manager, transaction.
    public var description: String { "\(epoch.number).\(epoch.manager)/\(number)" }
}

// MARK: - Encoding

extension Epoch: BinaryCodable {
    /// Appends number and manager.
    public func write(to writer: inout Writer) {
        number.write(to: &writer)
        manager.write(to: &writer)
    }

    /// Reads number and manager.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Epoch {
        Epoch(number: try .read(from: &reader), manager: try .read(from: &reader))
    }
}

extension TransactionID: BinaryCodable {
    /// Appends epoch and number.
    public func write(to writer: inout Writer) {
        epoch.write(to: &writer)
        number.write(to: &writer)
    }

    /// Reads epoch and number.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> TransactionID {
        TransactionID(epoch: try .read(from: &reader), number: try .read(from: &reader))
    }
}

extension ResourceChange: BinaryCodable {
    /// Appends the name and the amount.
    public func write(to writer: inout Writer) {
        writer.string(resource)
        amount.write(to: &writer)
    }

    /// Reads a name and an amount.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> ResourceChange {
        ResourceChange(try reader.string(), by: try .read(from: &reader))
    }
}

extension Decision: BinaryCodable {
    /// Appends 1 or 2.
    public func write(to writer: inout Writer) { writer.u8(rawValue) }

    /// Reads 1 or 2.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Decision {
        guard let decision = Decision(rawValue: try reader.u8()) else { throw .malformed }
        return decision
    }
}

extension Decided: BinaryCodable {
    /// Appends the transaction and the decision.
    public func write(to writer: inout Writer) {
        id.write(to: &writer)
        decision.write(to: &writer)
    }

    /// Reads a transaction and a decision.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Decided {
        Decided(try .read(from: &reader), try .read(from: &reader))
    }
}
