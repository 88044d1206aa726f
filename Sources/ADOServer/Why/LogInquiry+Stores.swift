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
        guard !lead.places.isEmpty else {
            return answer.note("\(key.displayed) of \(store) has no value: it leads nowhere")
        }
        let data = ObjectName(type: DVector<String>.typeName, name: store + ".data")
        answer.note("\(key.displayed) of \(store) \(try await value(at: lead.places, of: data))")
    }

    /// The value at the first of some places that is filled, and by which entry: it never changes
    /// there.
    private func value(
        at places: [UInt64], of data: ObjectName
    ) async throws(Failure) -> String {
        let (leads, commit) = ("leads to place \(list(places)) of \(data.name)", commit(of: data))
        guard commit > 0 else { return "\(leads), which is missing" }
        let history = try await history(
            of: data, as: DVector<String>.self, through: commit, since: commit)
        guard let base = history.base else { return "\(leads), whose log was trimmed" }
        var doubtful: [UInt64] = []
        for place in places {
            if let found = value(at: place, in: history, from: base) {
                let doubt =
                    doubtful.isEmpty
                    ? "" : "; unless place \(list(doubtful)) was filled before, and freed since"
                return "is \(found.value.displayed): place \(place) of \(data.name), "
                    + "filled \(found.entry)\(doubt)"
            }
            // What was trimmed may have filled it, and what came then freed it.
            if history.start > 1, place < base.count { doubtful.append(place) }
        }
        return "\(leads), where the log shows no value"
    }

    private func list(_ places: [UInt64]) -> String {
        places.map { "\($0)" }.joined(separator: " or ")
    }

    private func value(
        at place: UInt64, in history: ObjectHistory<DVector<String>>, from base: DVector<String>
    ) -> (value: String, entry: String)? {
        if let value = base[place] {
            return (value, "before its entry \(history.start), in a snapshot")
        }
        var machine = ObjectMachine(base)
        for entry in history.entries {
            _ = machine.step(entry.method)
            if let value = machine.object[place] {
                let method = DVector<String>.describe(entry.method)
                return (value, "by its entry \(entry.index), \(method)")
            }
        }
        return nil
    }
}
