internal import ADO
internal import ADOObjects
internal import Provenance

// A key of a store leads from the meta vector, whose log is explained, to a value in another.

extension LogInquiry {
    /// Says what the value of a key is, if the object is the meta vector of a store.
    func follow<Object: Explainable>(
        _ key: String, _ answer: inout LogAnswer<Object>
    ) async throws(Failure) {
        guard !answer.isUnknown, case .returned(let reply) = answer.explanation.output,
            let lead = Object.lead(of: key, in: reply)
        else { return }
        let store = answer.object.name.split(separator: ".").dropLast().joined(separator: ".")
        guard let place = lead.place else {
            return answer.note("\(key.displayed) of \(store) has no value: it leads nowhere")
        }
        let data = ObjectName(type: DVector<String>.typeName, name: store + ".data")
        answer.note("\(key.displayed) of \(store) \(try await value(at: place, of: data))")
    }

    /// The value that was put at a place, and by which entry: it never changes there.
    private func value(at place: UInt64, of data: ObjectName) async throws(Failure) -> String {
        let commit = commit(of: data)
        guard commit > 0 else { return "leads to place \(place) of \(data.name), which is missing" }
        let history = try await history(
            of: data, as: DVector<String>.self, through: commit, since: commit)
        guard let base = history.base else {
            return "leads to place \(place) of \(data.name), whose log was trimmed"
        }
        if let value = base[place] {
            return "is \(value.displayed): place \(place) of \(data.name), filled before its "
                + "entry \(history.start), in a snapshot"
        }
        var machine = ObjectMachine(base)
        for entry in history.entries {
            _ = machine.step(entry.method)
            guard let value = machine.object[place] else { continue }
            return "is \(value.displayed): place \(place) of \(data.name), filled by its entry "
                + "\(entry.index), \(DVector<String>.describe(entry.method))"
        }
        return "leads to place \(place) of \(data.name), where the log shows no value"
    }
}
