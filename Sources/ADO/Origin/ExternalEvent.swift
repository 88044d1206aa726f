/// A step of a client that failed: it steers what a program does next, and is in no log.
public struct ExternalEvent: Sendable, Hashable {
    /// What was tried.
    public enum Step: UInt8, Sendable, Hashable, CaseIterable {
        /// To own the object.
        case pull = 1
        /// To commit what was invoked.
        case push = 2
        /// To have a call carried out.
        case call = 3
    }

    /// Why it failed.
    public enum Cause: UInt8, Sendable, Hashable, CaseIterable {
        /// Somebody else took the object over.
        case preempted = 1
        /// Too few servers answered: nothing was done.
        case noQuorum = 2
        /// Too few servers answered: it may be done, now or later.
        case unknown = 3
        /// A queue was full, or another step of the handle was under way.
        case busy = 4
        /// The disks were full, or failed.
        case storage = 5
        /// It was larger than an entry may be.
        case tooLarge = 6
        /// The object, or the reply, could not be read as its type.
        case unreadable = 7
        /// The task was cancelled.
        case interrupted = 8
        /// The backend was closed.
        case closed = 9
    }

    /// Which object.
    public let object: ObjectName
    /// What was tried.
    public let step: Step
    /// Why it failed.
    public let cause: Cause
    /// Who took over, if that is why.
    public let by: Ballot?
    /// The program's operation that it was part of, and how many calls that had made.
    public let caller: Origin.Caller?

    /// Makes an event.
    public init(
        _ step: Step, of object: ObjectName, _ cause: Cause, by ballot: Ballot? = nil,
        caller: Origin.Caller? = nil
    ) {
        self.object = object
        self.step = step
        self.cause = cause
        by = ballot
        self.caller = caller
    }
}

/// Where a client writes down its external events.
///
/// It is called after the step failed, from any thread, and should not wait long.
public protocol EventJournal: Sendable {
    /// Takes an event.
    func record(_ event: ExternalEvent)
}

// MARK: - From failures

extension ExternalEvent {
    init(_ failure: PullFailure, of object: ObjectName, caller: Origin.Caller?) {
        var ballot: Ballot?
        let cause: Cause
        switch failure {
        case .preempted(let by):
            ballot = by
            cause = .preempted
        case .noQuorum: cause = .noQuorum
        case .storageFailed: cause = .storage
        case .busy: cause = .busy
        case .unreadable, .quarantined: cause = .unreadable
        case .cancelled: cause = .interrupted
        case .closed: cause = .closed
        }
        self.init(.pull, of: object, cause, by: ballot, caller: caller)
    }

    init(_ failure: PushFailure, of object: ObjectName, caller: Origin.Caller?) {
        var ballot: Ballot?
        let cause: Cause
        switch failure {
        case .preempted(let by, _):
            ballot = by
            cause = .preempted
        case .partial, .unknown: cause = .unknown
        case .stale, .notPulled: cause = .preempted
        case .storageFull: cause = .storage
        case .busy: cause = .busy
        case .tooLarge: cause = .tooLarge
        case .closed: cause = .closed
        case .cancelled: cause = .interrupted
        }
        self.init(.push, of: object, cause, by: ballot, caller: caller)
    }

    /// Nil if the failure is an answer of the object, which its log explains.
    init?(_ failure: CallFailure, of object: ObjectName, caller: Origin.Caller?) {
        let cause: Cause
        switch failure {
        case .thrown, .cancelled, .removed: return nil
        case .unknown: cause = .unknown
        case .busy: cause = .busy
        case .noQuorum: cause = .noQuorum
        case .tooLarge: cause = .tooLarge
        case .storageFull: cause = .storage
        case .unhosted, .quarantined, .rejected, .unreadable: cause = .unreadable
        case .interrupted: cause = .interrupted
        case .closed: cause = .closed
        }
        self.init(.call, of: object, cause, caller: caller)
    }
}

// MARK: - Encoding

extension ExternalEvent.Step: BinaryCodable {}
extension ExternalEvent.Cause: BinaryCodable {}

extension ExternalEvent: BinaryCodable {
    /// Appends every field.
    public func write(to writer: inout Writer) {
        writer.string(object.type)
        writer.string(object.name)
        step.write(to: &writer)
        cause.write(to: &writer)
        writer.u64(by?.round ?? 0)
        writer.u64(by?.node ?? 0)
        caller.write(to: &writer)
    }

    /// Reads every field.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> ExternalEvent {
        let (type, name) = (try reader.string(), try reader.string())
        guard !type.utf8.contains(0), !name.utf8.contains(0),
            type.utf8.count + name.utf8.count <= ObjectName.sizeMax
        else { throw .malformed }
        let step = try Step.read(from: &reader)
        let cause = try Cause.read(from: &reader)
        let ballot = Ballot(round: try reader.u64(), node: try reader.u64())
        return ExternalEvent(
            step, of: ObjectName(type: type, name: name), cause,
            by: ballot.round == 0 && ballot.node == 0 ? nil : ballot,
            caller: try .read(from: &reader))
    }
}
