internal import CMultiPaxos
internal import CMultiPaxosLMDB

/// Why a node could not start, or did not take an order.
///
/// The message is one sentence that says what is wrong and what to do about it.
public struct NodeError: Error, Hashable, Sendable {
    /// What went wrong.
    public enum Code: Hashable, Sendable {
        /// A name, id or address in the options cannot be right.
        case invalidOptions
        /// A queue is full; nothing was done.
        case busy
        /// The node is shut down or shutting down; nothing was done.
        case closed
        /// A value is over its limit; nothing was done.
        case tooLarge
        /// Bytes that were given are not what they should be.
        case malformed
        /// The directory belongs to another node, cluster or format, or is not formatted; or the
        /// trace file cannot be used.
        case foreignDirectory
        /// The directory or the address is in use by another process.
        case inUse
        /// A stored checksum does not match its bytes.
        case corrupt
        /// The disk or the map is full.
        case storageFull
        /// The object is not known where it was asked for.
        case unknownObject
        /// The log begins after the entries that were asked for; a snapshot stands for them.
        case trimmed
        /// Nobody answered in time.
        case unreachable
        /// The operating system refused something.
        case system
    }

    /// The kind of failure, for `switch`.
    public let code: Code

    /// One sentence about it, with the remedy.
    public let message: String

    /// Creates an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension NodeError: CustomStringConvertible {
    /// The message.
    public var description: String { message }
}

extension NodeError {
    /// The error of a status other than `MP_OK`, with the core's sentence.
    init(_ status: mp_status) {
        self.init(Code(status), String(cString: mp_status_text(status)))
    }

    /// The error of a status, with the sentence of the layer that failed.
    init(_ status: mp_status, _ error: mp_lmdb_error) {
        let text = withUnsafeBytes(of: error.text) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        guard !text.isEmpty else {
            self.init(status)
            return
        }
        self.init(Code(status), text)
    }

    /// Throws unless `status` is `MP_OK`.
    static func check(_ status: mp_status) throws(NodeError) {
        guard status != MP_OK else { return }
        throw NodeError(status)
    }

    static let closed = NodeError(MP_CLOSED)
}

extension NodeError.Code {
    init(_ status: mp_status) {
        switch status {
        case MP_BUSY: self = .busy
        case MP_CLOSED: self = .closed
        case MP_TOO_BIG: self = .tooLarge
        case MP_MALFORMED, MP_PARTIAL: self = .malformed
        case MP_FOREIGN: self = .foreignDirectory
        case MP_IN_USE: self = .inUse
        case MP_CORRUPT, MP_CONFLICT: self = .corrupt
        case MP_FULL: self = .storageFull
        case MP_UNKNOWN_GROUP: self = .unknownObject
        case MP_TRIMMED: self = .trimmed
        default: self = .system
        }
    }
}
