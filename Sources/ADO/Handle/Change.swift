/// One committed entry of an object's log.
public struct Change<Object: AtomicObject>: Sendable {
    /// What an entry says.
    public enum Content: Sendable {
        /// A method, and the request it was called with.
        ///
        /// A request that was retried may be in the log more than once: only the first has an
        /// effect.
        case method(Object.Method, Request)
        /// A client opened its session.
        case opened(session: UInt64)
        /// A request was settled: if it had not been done by then, it never will be.
        case settled(Request)
        /// The object was removed: what it was is gone, and calls are refused.
        case removed(Request)
        /// The object began anew, unless it had not been removed.
        case revived(Request)
        /// Nothing: a new owner made what it inherited committable.
        case barrier
        /// The object began.
        case created
        /// The servers that vote have changed.
        case configuration
        /// The entry cannot be decoded as this version of the type: replicas of this version
        /// refuse it.
        case unreadable
    }

    /// The place of the entry in the log, from 1.
    public let index: UInt64

    /// The ballot it was proposed with: (index, ballot) is the identity of an entry.
    public let ballot: Ballot

    /// What it says.
    public let content: Content

    /// Where the call came from; nil if that was not recorded, or not in a form known here.
    public internal(set) var origin: Origin?

    /// The entry as it is in the log.
    package let entry: [UInt8]

    /// The method, if it is one.
    public var method: Object.Method? {
        if case .method(let method, _) = content { return method }
        return nil
    }
}

extension Change.Content: Equatable where Object.Method: Equatable {}
extension Change: Equatable where Object.Method: Equatable {}

extension Change {
    /// The changes of a block, or nil if its entries do not fill it.
    package static func decoded(_ block: CommittedBlock) -> [Change]? {
        let entries = block.entries
        let changes: [Change]? = try? Reader.read(entries.bytes) { reader throws(DecodingFailure) in
            var changes: [Change] = []
            changes.reserveCapacity(entries.count)
            for position in 0..<UInt64(entries.count) {
                let start = entries.bytes.count - reader.remaining
                let size = Int(try reader.u32())
                let kind = EntryKind(rawValue: try reader.u32())
                let payload = try reader.raw(size)
                changes.append(
                    Change(
                        index: entries.first + position, ballot: block.ballot,
                        content: Content(kind, payload),
                        origin: kind == .call ? origin(payload) : nil,
                        entry: Array(entries.bytes[start...].prefix(Entries.headSize + size))))
            }
            return changes
        }
        return changes
    }

    private static func origin(_ payload: UnsafeRawBufferPointer) -> Origin? {
        var reader = Reader(payload)
        guard let header = try? CallHeader.read(from: &reader), header.hasOrigin else { return nil }
        return try? Origin.read(field: &reader)
    }
}

extension Change.Content {
    fileprivate init(_ kind: EntryKind?, _ payload: UnsafeRawBufferPointer) {
        switch kind {
        case .call: self = Self.call(payload) ?? .unreadable
        case .barrier: self = .barrier
        case .create: self = .created
        case .configuration: self = .configuration
        case .read, nil: self = .unreadable
        }
    }

    private static func call(_ payload: UnsafeRawBufferPointer) -> Self? {
        var reader = Reader(payload)
        guard let header = try? CallHeader.readSkippingOrigin(&reader) else { return nil }
        let request = Request(session: header.session, number: header.request)
        switch header.operation {
        case .open: return .opened(session: header.session)
        case .settle: return .settled(request)
        case .create: return .revived(request)
        case .remove: return .removed(request)
        case .method:
            guard let method = try? Object.Method.read(from: &reader), reader.remaining == 0 else {
                return nil
            }
            return .method(method, request)
        }
    }
}
