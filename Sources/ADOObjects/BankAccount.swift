public import ADO

/// A replicated balance that is never negative.
///
///     let account = cluster.object(BankAccount.self, named: "alice")
///     try await account.call(.deposit(100))       // 100, the balance now
///     try await account.call(.withdraw(30))       // 70
///     try await account.call(.withdraw(71))       // throws: .insufficient(balance: 70)
///
/// Each method is one atomic step. One that throws is done and has changed nothing: the failure
/// says why (``Refusal``). After an unknown outcome money may or may not have moved, once: settle
/// the request, or call exactly once, which is the default. A write costs one round trip to a
/// quorum. Moving money between two accounts is two steps, and can stop between them.
public struct BankAccount: AtomicObject, Hashable {
    /// What an account can be asked to do.
    public enum Method: ObjectMethod, Hashable {
        /// Adds an amount, and returns the balance.
        case deposit(Int)
        /// Takes an amount, and returns the balance.
        case withdraw(Int)
        /// Returns the balance.
        case balance

        /// True for `balance`.
        public var isReadOnly: Bool { self == .balance }
    }

    /// Why an account did not change.
    public enum Refusal: Error, Hashable, Sendable {
        /// There is less than the amount.
        case insufficient(balance: Int)
        /// The sum would be more than 64 bits hold.
        case overflow(balance: Int)
        /// The amount is not above zero.
        case invalidAmount
    }

    /// The name of the type in logs.
    public static let typeName = "BankAccount"

    /// The balance, which is never negative.
    public private(set) var balance = 0

    /// Makes an empty account.
    public init() {}

    /// Runs one method.
    public mutating func apply(_ method: Method, result: inout Writer) throws(MethodFailure) {
        switch method {
        case .deposit(let amount):
            guard amount > 0 else { throw MethodFailure(Refusal.invalidAmount) }
            let (sum, overflow) = balance.addingReportingOverflow(amount)
            guard !overflow else { throw MethodFailure(Refusal.overflow(balance: balance)) }
            balance = sum
        case .withdraw(let amount):
            guard amount > 0 else { throw MethodFailure(Refusal.invalidAmount) }
            guard amount <= balance else {
                throw MethodFailure(Refusal.insufficient(balance: balance))
            }
            balance -= amount
        case .balance: break
        }
        balance.write(to: &result)
    }
}

// MARK: - Encoding

extension BankAccount {
    /// Appends the balance.
    public func writeState(to writer: inout Writer) { balance.write(to: &writer) }

    /// Reads a balance that is not negative.
    public static func readState(from reader: inout Reader) throws(DecodingFailure) -> BankAccount {
        var account = BankAccount()
        account.balance = try .read(from: &reader)
        guard account.balance >= 0 else { throw .malformed }
        return account
    }
}

extension BankAccount.Method: BinaryCodable {
    /// Appends a tag, 1 to 3, and the amount.
    public func write(to writer: inout Writer) {
        switch self {
        case .deposit(let amount):
            writer.u8(1)
            amount.write(to: &writer)
        case .withdraw(let amount):
            writer.u8(2)
            amount.write(to: &writer)
        case .balance: writer.u8(3)
        }
    }

    /// Reads a tag and the amount.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Self {
        switch try reader.u8() {
        case 1: return .deposit(try .read(from: &reader))
        case 2: return .withdraw(try .read(from: &reader))
        case 3: return .balance
        case let tag: throw .unknownTag(UInt32(tag))
        }
    }
}

extension BankAccount.Refusal: BinaryCodable {
    /// Appends a tag, 1 to 3, and the balance.
    public func write(to writer: inout Writer) {
        switch self {
        case .insufficient(let balance):
            writer.u8(1)
            balance.write(to: &writer)
        case .overflow(let balance):
            writer.u8(2)
            balance.write(to: &writer)
        case .invalidAmount: writer.u8(3)
        }
    }

    /// Reads a tag and the balance.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Self {
        switch try reader.u8() {
        case 1: return .insufficient(balance: try .read(from: &reader))
        case 2: return .overflow(balance: try .read(from: &reader))
        case 3: return .invalidAmount
        case let tag: throw .unknownTag(UInt32(tag))
        }
    }
}

// MARK: - Calls

extension Call where Object == BankAccount, Result == Int {
    /// Adds an amount above zero, and returns the balance.
    public static func deposit(_ amount: Int) -> Self { Self(.deposit(amount)) }

    /// Takes an amount above zero that is there, and returns the balance.
    public static func withdraw(_ amount: Int) -> Self { Self(.withdraw(amount)) }

    /// Returns the balance.
    public static var balance: Self { Self(.balance) }
}
