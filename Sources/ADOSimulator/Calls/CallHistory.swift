internal import ADO
internal import ADOObjects
internal import ADOSpec
internal import Linearizability

/// What the callers of one object saw, and whether it is linearizable.
struct CallHistory {
    private var dictionary = Recorder<KeyValueModel<String, String>.Input, String?>()
    private var counter = Recorder<CounterModel.Input, Int>()
    private let group: UInt64
    private var isCounter: Bool { group % 2 == 0 }
    /// Questions to the model, for each key.
    static let stepsMax = 500_000_000

    init(group: UInt64) { self.group = group }

    mutating func begin(_ operation: Operation, caller: Int, at time: UInt64) -> Int {
        let client = UInt64(caller)
        switch operation {
        case .set(let key, let value):
            return dictionary.begin(.set(key, value), client: client, at: time)
        case .remove(let key): return dictionary.begin(.remove(key), client: client, at: time)
        case .get(let key): return dictionary.begin(.get(key), client: client, at: time)
        case .add(let number): return counter.begin(.add(number), client: client, at: time)
        case .value: return counter.begin(.value, client: client, at: time)
        }
    }

    /// Notes a result; says what is wrong with it.
    mutating func finish(_ ticket: Int, _ payload: [UInt8], at time: UInt64) -> String? {
        do {
            if isCounter {
                let output = try Int.decoded(from: payload)
                try counter.finish(ticket, .returned(output, at: time))
            } else {
                let output = try String?.decoded(from: payload)
                try dictionary.finish(ticket, .returned(output, at: time))
            }
            return nil
        } catch {
            return "a result cannot be read: \(error)"
        }
    }

    mutating func giveUp(_ ticket: Int) {
        if isCounter {
            try? counter.finish(ticket, .unknown)
        } else {
            try? dictionary.finish(ticket, .unknown)
        }
    }

    /// Forgets a call that is known not to have been done, or that changes nothing.
    mutating func discard(_ ticket: Int) {
        if isCounter { try? counter.discard(ticket) } else { try? dictionary.discard(ticket) }
    }

    /// Whether the calls can have happened one at a time.
    func verdict(stepsMax: Int = Self.stepsMax) -> ADOSpec.Verdict {
        let found: Linearizability.Verdict
        do {
            found =
                isCounter
                ? CounterModel().check(try counter.history(), stepsPerKey: stepsMax)
                : KeyValueModel().check(try dictionary.history(), stepsPerKey: stepsMax)
        } catch {
            return .violated(.notLinearizable("the callers' history is malformed: \(error)"))
        }
        return found.forRun(of: "group \(group)")
    }
}
