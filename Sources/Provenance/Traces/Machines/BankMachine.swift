public import ADO

/// Accounts, all empty at first, that are never overdrawn.
public struct BankMachine: TraceMachine {
    /// `bank`.
    public static let object = "bank"

    /// Its methods.
    ///
    /// Amounts below zero are refused.
    public static let methods = [
        TraceMethod("deposit", .text, .number), TraceMethod("withdraw", .text, .number),
        TraceMethod("transfer", .text, .text, .number), TraceMethod("balance", .text),
    ]

    private var accounts: [String: Int] = [:]

    /// All 0.
    public init() {}

    /// Runs one call.
    public mutating func step(_ call: TraceCall) -> TraceValue {
        let account = call.text(0)
        switch call.method {
        case "balance": return .int(accounts[account] ?? 0)
        case "deposit": return .bool(call.number(1) >= 0 && add(call.number(1), to: account))
        case "withdraw": return .bool(take(call.number(1), from: account))
        default:
            guard take(call.number(2), from: account) else { return false }
            if add(call.number(2), to: call.text(1)) { return true }
            accounts[account, default: 0] += call.number(2)
            return false
        }
    }

    private mutating func take(_ amount: Int, from account: String) -> Bool {
        let balance = accounts[account] ?? 0
        guard amount >= 0, balance >= amount else { return false }
        accounts[account] = balance - amount
        return true
    }

    private mutating func add(_ amount: Int, to account: String) -> Bool {
        let (sum, overflows) = (accounts[account] ?? 0).addingReportingOverflow(amount)
        if !overflows { accounts[account] = sum }
        return !overflows
    }

    /// One cell for each account.
    public static func footprint(of call: TraceCall) -> Footprint {
        let cell = Cell.of("accounts", call.text(0))
        return switch call.method {
        case "balance": .reads(cell)
        case "transfer": .changes(cell, .of("accounts", call.text(1)))
        default: .changes(cell)
        }
    }
}
