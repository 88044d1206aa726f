internal import ADO
internal import MultiPaxos
internal import Provenance

/// Questions about the logs of one cluster.
struct LogInquiry: Sendable {
    let client: Cluster
    let servers: [UInt64]
    let objects: [ObjectReport]
    let mode: ExplanationMode
    let journal: [FileJournal.Entry]
    /// How long servers may take to give a part of a log.
    let patience: Duration

    /// How far the way leads from object to object.
    static let depthMax = 3

    /// Why an entry replied what it did.
    func explain(
        _ object: ObjectName, _ index: UInt64, depth: Int = 0
    ) async throws(Failure) -> ExplanationReport {
        try await explain(try ExplainableTypes.named(object.type), object, index, depth)
    }

    private func explain<Object: Explainable>(
        _ type: Object.Type, _ object: ObjectName, _ index: UInt64, _ depth: Int
    ) async throws(Failure) -> ExplanationReport {
        let history = try await history(of: object, as: type, through: index, since: index - 1)
        let trace: Trace<ObjectMachine<Object>>
        do throws(ObjectHistory<Object>.Failure) {
            trace = try history.traceOfLast()
        } catch {
            throw Failure(error.sentence)
        }
        var answer = LogAnswer(history, object, trace, mode)
        answer.explainBlocker()
        answer.reportCalls(asked: index)
        try await stitch(&answer, depth)
        return answer.report
    }

    /// Why a key would be read as it would, right after an entry.
    func explain(
        _ object: ObjectName, reading key: String, after index: UInt64
    ) async throws(Failure) -> ExplanationReport {
        try await explain(try ExplainableTypes.named(object.type), object, key, index)
    }

    private func explain<Object: Explainable>(
        _ type: Object.Type, _ object: ObjectName, _ key: String, _ index: UInt64
    ) async throws(Failure) -> ExplanationReport {
        let history = try await history(
            of: object, as: type, through: max(index, commit(of: object)), since: index)
        guard let method = Object.read(key: key, in: history.state(through: index)) else {
            throw Failure(
                "a \(object.type) has no keys to get; ask about an entry, object@index, or about "
                    + "a store by its own name",
                status: Failure.usage)
        }
        let trace = history.trace(asking: method, after: index)
        var answer = LogAnswer(history, object, trace, mode)
        try await follow(key, &answer)
        answer.reportCalls(asked: nil)
        answer.reportChange(of: method, after: index)
        try await stitch(&answer, Self.depthMax)
        return answer.report
    }

    // MARK: - Logs

    func commit(of object: ObjectName) -> UInt64 {
        objects.first { $0.type == object.type && $0.name == object.name }?.commit ?? 0
    }

    /// The log of an object up to an entry; what was trimmed is a snapshot's, if a server has one
    /// that is no later than `latest`.
    ///
    /// Through that index it must be known what the entries did.
    func history<Object: AtomicObject>(
        of object: ObjectName, as type: Object.Type, through index: UInt64, since latest: UInt64
    ) async throws(Failure) -> ObjectHistory<Object> {
        let history = try await log(of: object, as: type, through: index, since: latest)
        guard let unreadable = history.unreadable, unreadable <= latest else { return history }
        throw Failure(ObjectHistory<Object>.Failure.unreadable(unreadable).sentence)
    }

    private func log<Object: AtomicObject>(
        of object: ObjectName, as type: Object.Type, through index: UInt64, since latest: UInt64
    ) async throws(Failure) -> ObjectHistory<Object> {
        let handle = client.object(type, named: object.name)
        var history = ObjectHistory<Object>()
        // It may begin after the entry: then there is nothing to read.
        while history.end < index {
            let changes = handle.changes(from: history.end + 1)
            for element in try await part(of: changes, object, through: index) {
                switch element {
                case .lagged(let first):
                    guard first <= index else { throw trimmed(index) }
                    history = await begin(object, from: first, since: latest)
                case .change(let change):
                    history.append(change)
                }
            }
        }
        return history
    }

    /// What comes next in a log, through `index` at most, or where it begins.
    ///
    /// It is committed, so that servers which do not give it in time do not answer at all.
    private func part<Object: AtomicObject>(
        of changes: Changes<Object>, _ object: ObjectName, through index: UInt64
    ) async throws(Failure) -> [Changes<Object>.Element] {
        let ended = await awaited(for: patience, in: client.client.surroundings) {
            var part = PartOfLog<Object>()
            await part.read(changes, through: index)
            return part
        }
        guard case .finished(let part) = ended else {
            throw Failure(
                "no server gave more of the log of \(object.type)/\(object.name) within "
                    + "\(patience); see adoctl status, or raise --timeout-ms")
        }
        guard !part.hasFailed else { throw trimmed(index) }
        return part.elements
    }

    /// What is before the first entry that the log still has.
    private func begin<Object: AtomicObject>(
        _ object: ObjectName, from first: UInt64, since latest: UInt64
    ) async -> ObjectHistory<Object> {
        for server in servers {
            // Without it the answer says that it depends on what is not known.
            let found = try? await client.client.replica(
                of: object, as: Object.self, from: server)
            guard let found, found.lastIndex + 1 >= first, found.lastIndex <= latest else {
                continue
            }
            return ObjectHistory(after: found)
        }
        return ObjectHistory(from: first)
    }

    private func trimmed(_ index: UInt64) -> Failure {
        Failure(
            "the log of this object no longer holds entry \(index): it was trimmed to a snapshot, "
                + "or a server cannot read it; explain an entry sooner, or run servers with "
                + "--snapshot-bytes 0",
            status: Failure.gap)
    }

    // MARK: - From object to object

    /// Says in words what the callers had seen, and explains what the one asked about went by.
    private func stitch<Object: Explainable>(
        _ answer: inout LogAnswer<Object>, _ depth: Int
    ) async throws(Failure) {
        for place in answer.calls.indices {
            for sighting in answer.calls[place].origin?.seen ?? [] {
                let said = await said(sighting, answer)
                answer.calls[place].seen.append(sentence(sighting, said, answer.object))
                if let entry = entry(sighting, said) {
                    answer.calls[place].sightings.append(entry)
                }
            }
            answer.calls[place].seen += events(of: answer.calls[place].origin?.caller)
        }
        guard depth < Self.depthMax, answer.asked != nil else { return }
        for sighting in answer.calls.first?.origin?.seen ?? [] {
            guard case .reply(let tag?, let index, _) = sighting, let object = only(tag),
                ExplainableTypes.has(object.type), index >= 1, index <= commit(of: object)
            else { continue }
            // What cannot be explained there was said in the sentence already.
            if let report = try? await explain(object, index, depth: depth + 1) {
                answer.linked.append(report)
            }
            return
        }
    }

    /// The objects that a tag may stand for.
    private func named(_ tag: ObjectTag) -> [ObjectName] {
        objects.filter { !$0.type.isEmpty }.map { ObjectName(type: $0.type, name: $0.name) }
            .filter { ObjectTag(of: $0) == tag }
    }

    private func only(_ tag: ObjectTag) -> ObjectName? {
        let found = named(tag)
        return found.count == 1 ? found[0] : nil
    }

    private func text(_ tag: ObjectTag?, _ own: ObjectName) -> String {
        guard let tag else { return "\(own.type)/\(own.name)" }
        let found = named(tag).map { "\($0.type)/\($0.name)" }
        return found.isEmpty
            ? "an object that no server knows" : found.joined(separator: ", or ")
    }

    private func sentence(
        _ sighting: Origin.Sighting, _ said: String, _ own: ObjectName
    ) -> String {
        let name = text(sighting.object, own)
        return switch sighting {
        case .state(_, let index): "had seen \(name) as of entry \(index)"
        case .failure(_, let cause, let step):
            "had seen a \(step) of \(name) fail: \(cause.sentence)"
        case .reply(_, let index, _): "had seen \(name)@\(index)  \(said)"
        }
    }

    /// The entry of another object that was seen, if it is known which object that is.
    private func entry(_ sighting: Origin.Sighting, _ said: String) -> CallReport.Sighting? {
        guard let tag = sighting.object, let object = only(tag) else { return nil }
        let name = "\(object.type)/\(object.name)"
        switch sighting {
        case .failure: return nil
        case .state(_, let index), .reply(_, let index, _):
            return CallReport.Sighting(object: name, index: Int(clamping: index), label: said)
        }
    }

    /// What a sighting was, in words.
    private func said<Object: Explainable>(
        _ sighting: Origin.Sighting, _ answer: LogAnswer<Object>
    ) async -> String {
        switch sighting {
        case .state(_, let index): "the state as of entry \(index)"
        case .failure(_, let cause, _): cause.sentence
        case .reply(let tag, let index, let digest): await reply(tag, index, digest, answer)
        }
    }

    private func reply<Object: Explainable>(
        _ tag: ObjectTag?, _ index: UInt64, _ digest: UInt32, _ answer: LogAnswer<Object>
    ) async -> String {
        guard let tag else { return answer.history.said(at: index, digest) }
        guard let object = only(tag), let type = try? ExplainableTypes.named(object.type) else {
            return "(its type cannot be explained here)"
        }
        return await said(type, object, index, digest)
    }

    private func said<Object: Explainable>(
        _ type: Object.Type, _ object: ObjectName, _ index: UInt64, _ digest: UInt32
    ) async -> String {
        guard index >= 1 else { return "(no entry of a log)" }
        guard index <= commit(of: object) else {
            return "(not known to be committed: a speculative reply that was lost, or an entry "
                + "that was committed since the servers were asked)"
        }
        do throws(Failure) {
            return try await history(of: object, as: type, through: index, since: index - 1)
                .said(at: index, digest)
        } catch {
            let isTrimmed = error.status == Failure.gap
            return isTrimmed ? "(no longer in the log)" : "(not read: \(error.message))"
        }
    }

    /// What the journal holds of a caller's run.
    private func events(of caller: Origin.Caller?) -> [String] {
        guard let caller else { return [] }
        return journal.filter { entry in
            entry.event.caller?.invocation == caller.invocation
                && entry.event.caller?.step ?? .max < caller.step
        }.map { "journal: \($0.sentence)" }
    }
}

/// Elements of a log, as many as are waited for at once.
private struct PartOfLog<Object: AtomicObject>: Sendable {
    private(set) var elements: [Changes<Object>.Element] = []
    private(set) var hasFailed = false
    private var bytes = 0

    /// The last answer of a server is asked for again, so that parts are larger than one.
    private var isFull: Bool { elements.count >= 1 << 16 || bytes >= 2 << 20 }

    mutating func read(_ changes: Changes<Object>, through index: UInt64) async {
        do throws(Changes<Object>.Failure) {
            for try await element in changes {
                elements.append(element)
                guard case .change(let change) = element, change.index < index else { return }
                bytes += change.entry.count
                if isFull { return }
            }
        } catch {
            hasFailed = true
        }
    }
}
