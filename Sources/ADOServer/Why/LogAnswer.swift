internal import ADO
internal import Provenance

/// The answer to one question about the log of one object, as it is put together.
struct LogAnswer<Object: Explainable> {
    /// A call that the answer is about.
    struct Caller {
        let index: UInt64
        let method: Object.Method
        let ballot: Ballot
        let origin: Origin?
        /// What it had seen, in words.
        var seen: [String] = []
        /// The entries of other objects among that.
        var sightings: [CallReport.Sighting] = []

        init(_ entry: ObjectHistory<Object>.Entry) {
            index = entry.index
            method = entry.method
            ballot = entry.ballot
            origin = entry.origin
        }
    }

    let history: ObjectHistory<Object>
    let object: ObjectName
    let trace: Trace<ObjectMachine<Object>>
    let explanation: Explanation<ObjectMachine<Object>.Reply>
    /// The call asked about first, unless a key was; then those that explain it.
    var calls: [Caller] = []
    /// The index of the entry asked about.
    private(set) var asked: UInt64?
    var linked: [ExplanationReport] = []
    private var notes: [String] = []
    /// Whether the reply may depend on what was before the log begins.
    private(set) var isRelative = false
    /// Whether that is not known either.
    var isUnknown: Bool { isRelative && history.base == nil }

    init(
        _ history: ObjectHistory<Object>, _ object: ObjectName,
        _ trace: Trace<ObjectMachine<Object>>, _ mode: ExplanationMode
    ) {
        self.history = history
        self.object = object
        self.trace = trace
        // What is left out would not let the others reply as they did.
        let relevant =
            mode == .faithful
            ? nil : Object.relevant(to: trace.question) { Self.replied(history, trace) }
        let explainer = Explainer(
            relevant.map {
                Trace(start: trace.start, inputs: $0.map(\.method), question: trace.question)
            } ?? trace)
        let isPart = history.start > 1 && !history.beganAnew
        isRelative = isPart && explainer.dependsOnStart
        // A part of a log is explained by its last overwrites: those hold whatever was before.
        // Whether calls replay as they did can be told only of a state that is known.
        let isKnown = mode == .faithful && history.base != nil
        let found =
            isRelative
            ? explainer.whySinceStart()
            : isPart && !isKnown ? explainer.whyWhateverBefore() : explainer.why(mode)
        explanation =
            found.renumbered(
                relevant?.map(\.index) ?? history.entries.map(\.index), of: trace.inputs.count)
        guard isPart else { return }
        let snapshot = "the log begins at entry \(history.start), after a snapshot"
        notes.append(
            isRelative
                ? "\(snapshot), and the reply may depend on what that holds: "
                    + "the answer is relative to it"
                : "\(snapshot); what that holds does not matter here")
        if mode == .faithful, !isRelative, !isKnown {
            notes.append("whether the calls named replay as they did is not known without it")
        }
        guard isRelative, let base = history.base else { return }
        notes += Self.held(base, explainer.cellsOfStart, trace.question)
    }

    /// What a snapshot held of what matters: its cells, if they can be told apart, or else what the
    /// call itself would have been told of it.
    private static func held(
        _ state: Object, _ cells: [Cell]?, _ question: Object.Method
    ) -> [String] {
        let values = (cells ?? []).map { Object.value(of: $0, in: state) }
        if !values.isEmpty, values.allSatisfy({ $0 != nil }) {
            let known = values.compactMap { $0?.held }
            let rest = known.count > cellsMax ? ["and \(known.count - cellsMax) more"] : []
            return known.prefix(cellsMax).map { "the snapshot held \($0)" } + rest
        }
        var machine = ObjectMachine(state)
        let reply = text(of: machine.step(question), to: question).held
        return ["of the snapshot alone the same call would have been told \(reply)"]
    }

    /// Cells of a snapshot that an answer lists, at most.
    private static var cellsMax: Int { 16 }

    var report: ExplanationReport {
        let methods = Dictionary(
            uniqueKeysWithValues: history.entries.map { (Int($0.index), $0.method) })
        let reply =
            isUnknown
            ? "something that depends on the snapshot"
            : Self.text(of: explanation.output, to: trace.question)
        var report = ExplanationReport(
            explanation, output: .string(reply), object: "\(object.type)/\(object.name)",
            question: Object.describe(trace.question)
        ) { index in methods[index].map(Object.describe) ?? "" }
        report.index = asked.map { Int(clamping: $0) }
        report.calls = calls.map(\.report)
        report.notes = notes
        report.linked = linked
        return report
    }

    static func text(
        of reply: ObjectMachine<Object>.Reply, to method: Object.Method
    ) -> String {
        switch reply {
        case .returned(let bytes): Object.describe(bytes, to: method) ?? "\(bytes)"
        case .threw(let bytes): "an error, \(bytes)"
        }
    }
}

// MARK: - Parts

extension LogAnswer {
    /// Reports who called: the entry asked about, if it is one, and those of the witnesses.
    mutating func reportCalls(asked index: UInt64?) {
        asked = index
        let blockers = blocker.map { [Int($0.index)] } ?? []
        let causes = Set(explanation.witnesses.joined()).union(blockers).sorted(by: >)
        for cause in (index.map { [Int($0)] } ?? []) + causes.prefix(8) {
            guard let entry = history.entries.last(where: { $0.index == cause }),
                !calls.contains(where: { $0.index == entry.index })
            else { continue }
            calls.append(Caller(entry))
        }
        reportOrder()
    }

    private var blocker: Blocker? {
        guard !isUnknown, case .returned(let reply) = explanation.output else { return nil }
        let earlier = Self.replied(history, trace)
        return Object.blocker(of: reply, to: trace.question, among: earlier)
    }

    /// The calls of the trace with their replies.
    private static func replied(
        _ history: ObjectHistory<Object>, _ trace: Trace<ObjectMachine<Object>>
    ) -> [Replied<Object>] {
        var machine = trace.start
        return zip(history.entries, trace.inputs).map { entry, method in
            let given = machine.step(method)
            var bytes: [UInt8]?
            if case .returned(let result) = given { bytes = result }
            return Replied<Object>(index: entry.index, method: method, reply: bytes)
        }
    }

    /// Says who stood in the way, if the reply says that somebody did.
    mutating func explainBlocker() {
        if let blocker { notes.append(blocker.sentence) }
    }

    /// Sets the order in which a program issued its calls beside that in which they were committed,
    /// where the two differ.
    private mutating func reportOrder() {
        let relevant = Set(explanation.considered.map(UInt64.init(clamping:)))
        let entries = history.entries.filter { relevant.contains($0.index) || $0.index == asked }
        let runs = Dictionary(grouping: entries.filter { $0.origin?.caller != nil }) {
            $0.origin?.caller?.invocation ?? 0
        }
        for (_, run) in runs.sorted(by: { $0.key < $1.key }) {
            let issued = run.sorted { $0.step < $1.step }
            guard issued.map(\.index) != run.map(\.index), let caller = run[0].origin?.caller else {
                continue
            }
            notes.append(Self.table(caller, issued.suffix(8), run.suffix(8)))
        }
    }

    private static func table(
        _ caller: Origin.Caller, _ issued: ArraySlice<ObjectHistory<Object>.Entry>,
        _ committed: ArraySlice<ObjectHistory<Object>.Entry>
    ) -> String {
        let left = issued.map { "call \($0.step)  \(Object.describe($0.method))" }
        let right = committed.map { "@\($0.index)  \(Object.describe($0.method))" }
        let width = max(8, left.map(\.count).max() ?? 0)
        let lines = zip(["issued"] + left, ["committed"] + right).map { left, right in
            "   " + left + String(repeating: " ", count: width + 4 - left.count) + right
        }
        return "\(caller.name) \(caller.digits) issued calls in another order than they were "
            + "committed in:\n" + lines.joined(separator: "\n")
    }

    /// Adds a sentence.
    mutating func note(_ sentence: String) { notes.append(sentence) }

    /// Says what changed the answer later, and whether the object had another owner by then.
    mutating func reportChange(of method: Object.Method, after index: UInt64) {
        guard !isUnknown else { return }
        var machine = trace.start
        for input in trace.inputs { _ = machine.step(input) }
        for entry in history.entries where entry.index > index {
            _ = machine.step(entry.method)
            var probe = machine
            let reply = probe.step(method)
            guard reply != explanation.output else { continue }
            notes.append(
                "after entry \(entry.index), \(Object.describe(entry.method)), it reads "
                    + "\(Self.text(of: reply, to: method))")
            calls.append(Caller(entry))
            reportOwners(since: calls.first?.index ?? history.start, through: entry.index)
            return
        }
    }

    private mutating func reportOwners(since first: UInt64, through last: UInt64) {
        for (earlier, later) in zip(history.owners, history.owners.dropFirst())
        where later.index > first && later.index <= last {
            notes.append(
                "the object changed its owner at entry \(later.index): ballot \(earlier.ballot) "
                    + "before, \(later.ballot) from there on")
        }
    }
}

extension ObjectHistory.Entry {
    fileprivate var step: UInt64 { origin?.caller?.step ?? 0 }
}

extension LogAnswer.Caller {
    fileprivate var report: CallReport {
        CallReport(
            index: Int(clamping: index), label: Object.describe(method), ballot: "\(ballot)",
            caller: origin?.caller?.name, invocation: origin?.caller?.digits,
            step: (origin?.caller?.step).map { Int(clamping: $0) }, seen: seen,
            sightings: sightings)
    }
}

extension ObjectHistory where Object: Explainable {
    /// The method and the reply of an entry in words, and whether that is what somebody was told.
    func said(at index: UInt64, _ digest: UInt32) -> String {
        guard let trace = try? trace(of: index),
            let method = entries.first(where: { $0.index == index })?.method
        else { return "(not in the log: a speculative reply that was lost, or a part given up)" }
        let text = "\(Object.describe(method).short) replied "
        guard base != nil else { return text + "something; the log was trimmed before it" }
        let reply = trace.reply
        let isSame = reply.digest == digest
        return text + LogAnswer<Object>.text(of: reply, to: method).short
            + (isSame
                ? ""
                : "; but the caller was told something else: a speculative reply that was lost, "
                    + "or a replica that differed")
    }
}

extension ObjectMachine.Reply {
    /// The digest that an entry would record of it.
    var digest: UInt32 {
        switch self {
        case .returned(let bytes): ReplyDigest.of(Reply(.ok, payload: bytes))
        case .threw(let bytes): ReplyDigest.of(Reply(.thrown, payload: bytes))
        }
    }
}
