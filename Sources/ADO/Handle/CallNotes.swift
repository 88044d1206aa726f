/// What a handle notes down about its calls: what was seen of the object, for the entries of later
/// calls, and what failed.
struct CallNotes: Sendable {
    /// The object's tag.
    let tag: ObjectTag
    /// Whether anything is noted.
    let isOn: Bool
    /// What the handle saw last.
    private var last: Origin.Sighting?

    init(_ tag: ObjectTag, isOn: Bool) {
        self.tag = tag
        self.isOn = isOn
    }

    /// The field that records where the next call comes from; empty if there is nothing to record.
    ///
    /// That is the present activity and what it saw, or else what this handle saw last.
    func field() -> [UInt8] {
        guard isOn else { return [] }
        if let activity = Activity.current { return activity.next(for: tag).field }
        return last.map { Origin(seen: [$0]).field } ?? []
    }

    /// Notes what an entry replied.
    mutating func note(_ reply: Reply) {
        guard isOn, reply.index > 0, reply.outcome == .ok || reply.outcome == .thrown else {
            return
        }
        note { .reply(of: $0, index: reply.index, digest: ReplyDigest.of(reply)) }
    }

    /// Notes that the state after an entry was seen, or the answer to a read there.
    mutating func noteState(at index: UInt64) {
        guard isOn, index > 0 else { return }
        note { .state(of: $0, index: index) }
    }

    private mutating func note(_ sighting: (ObjectTag?) -> Origin.Sighting) {
        last = sighting(nil)
        Activity.current?.note(sighting(tag), of: tag)
    }
}

extension Handle {
    /// Notes a failure, and returns it.
    func noted(_ failure: PullFailure) -> PullFailure {
        note(ExternalEvent(failure, of: name, caller: Activity.current?.caller))
        return failure
    }

    /// Notes a failure, and returns it.
    func noted(_ failure: PushFailure) -> PushFailure {
        note(ExternalEvent(failure, of: name, caller: Activity.current?.caller))
        return failure
    }

    /// Notes a failure, unless it is an answer of the object, and returns it.
    func noted(_ failure: CallFailure) -> CallFailure {
        let event = ExternalEvent(failure, of: name, caller: Activity.current?.caller)
        if let event { note(event) }
        return failure
    }

    private func note(_ event: ExternalEvent) {
        backend.journal?.record(event)
        guard backend.recordsOrigins, let activity = Activity.current else { return }
        let tag = ObjectTag(of: name)
        activity.note(.failure(of: tag, event.cause, in: event.step), of: tag)
    }
}
