internal import ADO

/// Why a DApp gave up.
public enum Obstacle: Error, Sendable, Hashable {
    /// Somebody else holds the lock.
    case locked
    /// Somebody else took an object over.
    case preempted
    /// Too few servers answered.
    case unreachable
    /// A queue is full, disks are full, or an operation of this client is under way.
    case busy
    /// A key or value is larger than an entry of a log may be.
    case tooLarge
    /// The lock was given to somebody else, because this client was silent for too long.
    case fenced
    /// The task was cancelled.
    case interrupted
    /// The backend is closed.
    case closed
    /// An object holds what this version of the program cannot read, or a type is not hosted.
    case unreadable
    /// An object was removed.
    case removed
}

extension Obstacle {
    init(_ failure: PullFailure) {
        switch failure {
        case .preempted: self = .preempted
        case .noQuorum: self = .unreachable
        case .storageFailed, .unreadable, .quarantined: self = .unreadable
        case .busy: self = .busy
        case .cancelled: self = .interrupted
        case .closed: self = .closed
        }
    }

    init(_ failure: CallFailure) {
        switch failure {
        case .busy, .storageFull: self = .busy
        case .noQuorum, .unknown, .cancelled: self = .unreachable
        case .tooLarge: self = .tooLarge
        case .thrown, .unhosted, .rejected, .unreadable, .quarantined: self = .unreadable
        case .removed: self = .removed
        case .interrupted: self = .interrupted
        case .closed: self = .closed
        }
    }

    init(_ failure: PushFailure) {
        switch failure {
        case .partial, .unknown: self = .unreachable
        case .preempted, .stale, .notPulled: self = .preempted
        case .storageFull, .busy: self = .busy
        case .tooLarge: self = .tooLarge
        case .closed: self = .closed
        case .cancelled: self = .interrupted
        }
    }

    /// Whether trying again cannot help.
    var isFinal: Bool {
        switch self {
        case .tooLarge, .fenced, .interrupted, .closed, .unreadable, .removed: true
        case .locked, .preempted, .unreachable, .busy: false
        }
    }
}
