import ADO
import Provenance

/// A motion that passes as soon as enough have voted for it.
struct Threshold: Machine {
    private let least: Int
    private var votes: Set<TraceValue> = []

    init(at least: Int) {
        self.least = least
    }

    mutating func step(_ call: TraceCall) -> Bool {
        if call.method == "vote" { votes.formUnion(call.args) }
        return votes.count >= least
    }
}
