import Linearizability

/// Judges some keys without the log: it looks for an order of what the clients saw.
///
/// The search is exponential at worst and needs no index to be right, so that it errs independently
/// of `HistoryCheck`. Of a key only the first operations are judged; what ran when the first one
/// that is left out was called counts as unknown, since it may have seen that one.
struct SampledSearch {
    static let keysMax = 8
    static let operationsMax = 2000
    static let stepsMax = 1_000_000

    /// What was found.
    struct Outcome: Sendable {
        var keys = 0
        var operations = 0
        /// Keys that were too hard.
        var undecided = 0
        var violations: [String] = []
    }

    /// One operation on a sampled key.
    struct Item: Sendable, Equatable {
        var input: KeyModel.Input
        /// Nil if nobody knows whether it was done.
        var output: UInt64?
        var interval: Interval
    }

    let evidence: Evidence
    let values: Values
    let model: KeyModel

    func run() -> Outcome {
        var outcome = Outcome()
        for (key, items) in gather() where !items.isEmpty {
            let items = Self.prefix(items, Self.operationsMax)
            outcome.keys += 1
            outcome.operations += items.count
            switch judge(items) {
            case .linearizable: continue
            case .undecided: outcome.undecided += 1
            case .violation(let explanation):
                outcome.violations.append("key \(values.keys[key]): \(explanation.text)")
            }
        }
        return outcome
    }

    /// The first operations by call, at most `most`.
    static func prefix(_ items: [Item], _ most: Int) -> [Item] {
        let sorted = items.sorted { $0.interval.called < $1.interval.called }
        guard sorted.count > most else { return sorted }
        let cut = sorted[most].interval.called
        return sorted[..<most].map { item in
            guard item.interval.returned >= cut else { return item }
            var item = item
            item.output = nil
            return item
        }
    }

    private func judge(_ items: [Item]) -> Linearizability.Verdict {
        // Each operation has a client of its own: one connection has many in flight.
        let operations = items.enumerated().map { number, item in
            History<KeyModel.Input, UInt64>.Operation(
                client: UInt64(number), input: item.input, call: item.interval.called,
                outcome: item.output.map { .returned($0, at: item.interval.returned) } ?? .unknown)
        }
        do {
            return model.check(try History(operations), stepsPerKey: Self.stepsMax)
        } catch {
            return .undecided("\(error)")
        }
    }
}

// MARK: - The operations of some keys

extension SampledSearch {
    private func gather() -> [Int: [Item]] {
        let step = max(1, values.keys.count / Self.keysMax)
        var items: [Int: [Item]] = [:]
        for key in stride(from: 0, to: values.keys.count, by: step).prefix(Self.keysMax) {
            items[key] = []
        }
        for session in evidence.sessions.values {
            gatherWrites(session, &items)
            gatherReads(session, &items)
        }
        return items
    }

    private func gatherWrites(_ session: Evidence.Session, _ items: inout [Int: [Item]]) {
        guard session.ledger.last > 0 else { return }
        for request in 1...session.ledger.last {
            let id = Values.id(client: session.client, request: request)
            let key = values.keyIndex(of: id)
            guard items[key] != nil, let interval = session.ledger.interval(request)
            else { continue }
            switch session.ledger.fate(request) {
            case .refused, .rejected: continue
            case .acknowledged:
                let witness = session.ledger.witness(request)
                items[key]?.append(
                    Item(input: .write(id), output: witness, interval: interval))
            case .open, .forgotten:
                items[key]?.append(Item(input: .write(id), output: nil, interval: interval))
            }
        }
    }

    private func gatherReads(_ session: Evidence.Session, _ items: inout [Int: [Item]]) {
        guard session.reads.last > 0 else { return }
        for number in 1...session.reads.last {
            let key = values.readKeyIndex(of: Values.id(client: session.client, request: number))
            guard items[key] != nil, let read = session.reads[number] else { continue }
            items[key]?.append(Item(input: .read, output: read.witness, interval: read.interval))
        }
    }
}

/// One key of the loaded object: a write returns the writer before it, or for a counter the sum.
struct KeyModel: Model {
    enum Input: Hashable, Sendable {
        case write(UInt64)
        case read
    }

    let isCounter: Bool

    var initial: UInt64 { 0 }

    func step(_ state: UInt64, _ input: Input, _ output: UInt64?) -> UInt64? {
        switch input {
        case .read: return output == nil || output == state ? state : nil
        case .write(let id):
            let result = isCounter ? state + 1 : state
            guard output == nil || output == result else { return nil }
            return isCounter ? result : id
        }
    }

    func describe(_ input: Input, _ output: UInt64?) -> String {
        let result = output.map { hex($0) } ?? "?"
        return switch input {
        case .read: "read -> \(result)"
        case .write(let id): "write \(hex(id)) -> \(result)"
        }
    }

    func describe(state: UInt64) -> String { hex(state) }
}
