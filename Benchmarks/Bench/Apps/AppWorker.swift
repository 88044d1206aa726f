import ADO
import ADOApps
import ADOObjects
import Linearizability
import MultiPaxos

/// What came of one operation of a worker.
enum AppAnswer: Sendable {
    case done
    case refused
    case unknown
}

/// One client of an application: it does one operation after the other.
protocol AppWorker: Sendable {
    /// Does the operation of this number, from 1.
    func work(_ number: Int) async -> AppAnswer

    /// Looks at what is left, when all workers have stopped.
    ///
    /// - Returns: What is wrong, or why nobody can say; nil if all is well.
    func finding() async -> AppFinding?
}

/// What is wrong with what an application left behind.
enum AppFinding: Sendable, Equatable {
    case offence(String)
    case undecided(String)
}

/// A client of a store, which sets keys to values that occur once.
struct StoreWorker: AppWorker {
    /// A way to set and get, whatever the store is.
    enum Store: Sendable {
        case locked(KVLock)
        case free(KVLockFree)
        /// No application: what its figures are compared with.
        case plain(Handle<KeyValue>)
    }

    /// Its own among all workers.
    let number: Int
    /// What keys begin with: nothing where all clients share one store.
    let space: String
    /// Whether it is the one that reads the store in the end.
    let judges: Bool
    let isLast: Bool
    let store: Store
    let values: Values
    let history: AppHistory

    func work(_ number: Int) async -> AppAnswer {
        let request = UInt64(number)
        let id = Values.id(client: self.number, request: request)
        let key = space + values.keys[values.keyIndex(of: id)]
        let input = StoreModel.Input.set(key, values.value(of: id))
        return await history.record(input, client: self.number) { () throws(StoreFailure) in
            try await perform(input)
        }
    }

    private func perform(
        _ input: StoreModel.Input
    ) async throws(StoreFailure) -> StoreModel.Output {
        switch (store, input) {
        case (.locked(let store), .set(let key, let value)):
            return .value(try await store.set(key, to: value))
        case (.free(let store), .set(let key, let value)):
            try await store.set(key, to: value)
            return .done
        case (.locked(let store), .get(let key)): return .value(try await store.get(key))
        case (.free(let store), .get(let key)): return .value(try await store.get(key))
        case (.plain(let store), .set(let key, let value)):
            return .value(try await Self.ask(store, .set(key, to: value)))
        case (.plain(let store), .get(let key)):
            return .value(try await Self.ask(store, .get(key)))
        case (_, .remove): return .done
        }
    }

    private static func ask(
        _ store: Handle<KeyValue>, _ call: Call<KeyValue, String?>
    ) async throws(StoreFailure) -> String? {
        do throws(CallFailure) {
            return try await store.call(call)
        } catch {
            guard case .unknown = error else { throw .notDone(.unreachable) }
            throw .unknown(.unreachable)
        }
    }

    /// Reads what was recorded of the store, and has the history judged, once it is read of all.
    func finding() async -> AppFinding? {
        guard judges else { return nil }
        for key in history.keys.map({ space + $0 }) {
            let input = StoreModel.Input.get(key)
            let answer = await history.record(input, client: number) { () throws(StoreFailure) in
                try await perform(input)
            }
            guard answer == .done else { return .undecided("\(key) could not be read in the end") }
        }
        return isLast || space.isEmpty ? history.finding() : nil
    }
}

/// A transaction manager, over three resource managers that it may share with others.
struct CommitWorker: AppWorker {
    let names: [String]
    let manager: TwoPhaseCommit
    let node: Node
    /// Shared as well.
    let tally: CommitTally

    func work(_ number: Int) async -> AppAnswer {
        let changes = Dictionary(
            uniqueKeysWithValues: names.map { ($0, [ResourceChange("x", by: 1)]) })
        tally.begun.add()
        do throws(TwoPhaseCommit.Failure) {
            guard case .committed = try await manager.run(changes) else { return refused() }
            tally.done.add()
            return .done
        } catch .notBegun {
            return refused()
        } catch {
            return .unknown
        }
    }

    private func refused() -> AppAnswer {
        tally.refused.add()
        return .refused
    }

    /// Whether all three have committed the same, each once, and hold nothing undecided.
    func finding() async -> AppFinding? {
        do throws(Obstacle) {
            try await manager.recover()
        } catch {
            return .undecided("\(names[0]): recovery failed, \(error)")
        }
        var commits: [[Decided]] = []
        var quantities: Set<Int> = []
        for name in names {
            let handle = node.object(ResourceManager.self, named: name)
            guard (try? await handle.pull()) != nil, (try? await handle.push()) != nil,
                let state = handle.committed
            else { return .undecided("\(name) could not be read") }
            guard state.prepared.isEmpty else {
                return .offence("\(name) holds something undecided after recovery")
            }
            commits.append(state.decided.filter { $0.decision == .commit })
            quantities.insert(state.quantity(of: "x"))
        }
        if let offence = tally.offence(quantities, of: names) { return .offence(offence) }
        // Each remembers the last of its decisions, refusals among them, which not all were asked.
        let known = commits.map(\.count).min() ?? 0
        guard Set(commits.map { $0.suffix(known) }).count == 1 else {
            return .offence("\(names) have committed different things, or in different order")
        }
        return nil
    }
}
