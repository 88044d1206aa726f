internal import ADO
public import MultiPaxos
public import Provenance

/// Why a committed entry of a cluster's object returned what it did.
public enum LogExplanation {
    /// Asks the servers which object it is, reads its log up to the entry and explains the reply.
    ///
    /// Costs one transfer of that part of the log; deposes nobody.
    ///
    /// - Throws: ``Failure`` with status 4 if the log has been trimmed or ends before the entry.
    public static func gather(
        _ question: LogQuestion, mode: ExplanationMode, cluster name: String,
        peers: [NodeOptions.Voter],
        timeout: Duration
    ) async throws(Failure) -> ExplanationReport {
        let report = try await ClusterReport.gather(cluster: name, peers: peers, timeout: timeout)
        try report.checkReachable()
        let objects = report.objects
        let object = try question.object(among: objects)
        let commit = objects.first { $0.type == object.type && $0.name == object.name }?.commit
        guard question.index <= commit ?? 0 else {
            throw Failure(
                "the log of \(object.type)/\(object.name) is committed up to \(commit ?? 0) only",
                status: Failure.gap)
        }
        let type = try ExplainableTypes.named(object.type)
        let client = try await connect(name, peers, timeout)
        let result = await result(of: type, object, question.index, mode, on: client)
        await client.shutdown()
        return try result.get()
    }

    private static func connect(
        _ name: String, _ peers: [NodeOptions.Voter], _ timeout: Duration
    ) async throws(Failure) -> Cluster {
        do throws(NodeError) {
            let options = NodeOptions(cluster: name, voters: peers)
            return try await Cluster.connect(options, timeout: timeout)
        } catch {
            throw Failure(error)
        }
    }

    private static func result<Object: Explainable>(
        of type: Object.Type, _ object: ObjectName, _ index: UInt64, _ mode: ExplanationMode,
        on cluster: Cluster
    ) async -> Result<ExplanationReport, Failure> {
        do throws(Failure) {
            let handle = cluster.object(type, named: object.name)
            let history = try await history(of: handle, through: index)
            return .success(try report(on: history, of: object, mode))
        } catch {
            return .failure(error)
        }
    }

    private static func history<Object: AtomicObject>(
        of handle: Handle<Object>, through index: UInt64
    ) async throws(Failure) -> ObjectHistory<Object> {
        var history = ObjectHistory<Object>()
        do throws(Changes<Object>.Failure) {
            var changes = handle.changes(from: 1).makeAsyncIterator()
            while let element = try await changes.next(isolation: nil) {
                guard case .change(let change) = element else { throw .unreadable(index: index) }
                history.append(change)
                if change.index == index { return history }
            }
        } catch {
            throw Failure(
                "the log of this object no longer holds every entry before \(index): it was "
                    + "trimmed to a snapshot, or a server cannot read it; explain an entry sooner, "
                    + "or run servers with --snapshot-bytes 0",
                status: Failure.gap)
        }
        throw Failure("interrupted")
    }
}

extension LogExplanation {
    /// Explains the last entry of a history.
    static func report<Object: Explainable>(
        on history: ObjectHistory<Object>, of object: ObjectName, _ mode: ExplanationMode
    ) throws(Failure) -> ExplanationReport {
        let trace: Trace<ObjectMachine<Object>>
        do throws(ObjectHistory<Object>.Failure) {
            trace = try history.traceOfLast()
        } catch {
            throw Failure(error.sentence)
        }
        let entries = history.entries
        let methods = Dictionary(uniqueKeysWithValues: entries.map { (Int($0.index), $0.method) })
        let explanation = Explainer(trace).why(mode).renumbered(entries.map(\.index))
        let reply = text(of: explanation.output, to: trace.question, on: Object.self)
        return ExplanationReport(
            explanation, output: .string(reply), object: "\(object.type)/\(object.name)",
            question: "\(trace.question)"
        ) { index in methods[index].map { "\($0)" } ?? "" }
    }

    private static func text<Object: Explainable>(
        of reply: ObjectMachine<Object>.Reply, to method: Object.Method, on type: Object.Type
    ) -> String {
        switch reply {
        case .returned(let bytes): Object.describe(bytes, to: method) ?? "\(bytes)"
        case .threw(let bytes): "an error, \(bytes)"
        }
    }
}

extension ObjectHistory.Failure {
    fileprivate var sentence: String {
        switch self {
        case .missing(let index): "there is no entry \(index)"
        case .noMethod(let index): "entry \(index) calls no method: it is a barrier or a session's"
        case .repeats(let first): "that entry repeats the request of entry \(first); ask about that"
        case .refused(let index):
            "entry \(index) changed nothing: it was settled before, or the object was removed"
        }
    }
}
