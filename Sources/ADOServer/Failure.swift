public import MultiPaxos

/// Why a command failed: one sentence for the operator, and the exit status of the process.
public struct Failure: Error, Hashable, Sendable {
    /// One sentence, with the remedy.
    public let message: String
    /// The exit status: 64 for wrong usage, 74 for a disk that fails, 4 for a gap in a log, else 1.
    public let status: Int32

    /// Creates a failure.
    public init(_ message: String, status: Int32 = 1) {
        self.message = message
        self.status = status
    }
}

extension Failure: CustomStringConvertible {
    /// The message.
    public var description: String { message }
}

extension Failure {
    /// Wrong usage, after the convention of sysexits.h.
    static let usage: Int32 = 64
    /// What is asked about is no longer in the log, or not yet.
    static let gap: Int32 = 4
    /// Input or output failed, after the convention of sysexits.h.
    static let disk: Int32 = 74

    /// The failure of a command that met `error`.
    public init(_ error: NodeError) {
        let status: Int32 =
            switch error.code {
            case .invalidOptions: Self.usage
            case .corrupt, .storageFull, .system: Self.disk
            default: 1
            }
        self.init(error.message, status: status)
    }
}
