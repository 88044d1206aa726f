import ADO
import ADOObjects
import MultiPaxos

extension Proof {
    /// Keys that are read at the end, at most.
    private static var keysMax: Int { 20_000 }

    /// Reads the object through the cluster, linearizably, and compares it with what the log says.
    func compareState(
        with model: LogModel, _ outcome: inout Outcome
    ) async throws(BenchError) {
        if workload == .counter {
            try await compareCounter(with: model, &outcome)
            return
        }
        progress.detail("  reading the values of \(min(model.writers.count, Self.keysMax)) keys")
        let handle = control.node.object(KeyValue.self, named: control.object.name)
        let step = max(1, model.writers.count * objects / Self.keysMax)
        let positions = Array(stride(from: 0, to: model.writers.count, by: step))
        let wrong = try await firstWrong(positions, handle, model)
        outcome.verification.values_read = positions.count
        outcome.verdict.state_matches_log = Tristate(wrong == nil)
        if let wrong { outcome.verification.offences.append(wrong) }
    }

    private func compareCounter(
        with model: LogModel, _ outcome: inout Outcome
    ) async throws(BenchError) {
        let handle = control.node.object(Counter.self, named: control.object.name)
        let value: Int
        do {
            value = try await handle.call(.value)
        } catch {
            throw BenchError("the counter cannot be read: \(error)", status: .invalid)
        }
        outcome.verification.values_read = 1
        let adds = value == Int(model.sum)
        outcome.verdict.counters_add_up = Tristate(adds)
        outcome.verdict.state_matches_log = Tristate(adds)
        guard !adds else { return }
        outcome.verification.offences.append(
            "the counter is \(value), but the log has \(model.sum) additions")
    }

    /// The first key whose value is not what the log says, in a sentence.
    private func firstWrong(
        _ positions: [Int], _ handle: Handle<KeyValue>, _ model: LogModel
    ) async throws(BenchError) -> String? {
        let lanes = 64
        let results = await withTaskGroup(of: Result<String?, BenchError>.self) { group in
            for lane in 0..<lanes {
                group.addTask {
                    await check(
                        stride(from: lane, to: positions.count, by: lanes).map { positions[$0] },
                        handle, model)
                }
            }
            var results: [Result<String?, BenchError>] = []
            for await result in group { results.append(result) }
            return results
        }
        var wrong: String?
        for result in results { wrong = try result.get() ?? wrong }
        return wrong
    }

    private func check(
        _ positions: [Int], _ handle: Handle<KeyValue>, _ model: LogModel
    ) async -> Result<String?, BenchError> {
        for position in positions {
            let key = values.keys[position]
            let found: UInt64
            do {
                found = try await handle.call(.get(key)).map { values.writer(of: $0) } ?? 0
            } catch {
                return .failure(BenchError("\(key) cannot be read: \(error)", status: .invalid))
            }
            guard found != model.writers[position] else { continue }
            return .success(
                """
                \(key) has the value of \(String(found, radix: 16)), but the log says \
                \(String(model.writers[position], radix: 16))
                """)
        }
        return .success(nil)
    }
}
