/// An object as its log makes it: the value, and the sessions of its clients.
///
/// Replicas that applied the same log are equal, however it was cut into blocks: same state, same
/// sessions, same results. Applying is total: an entry that cannot be decoded changes nothing, and
/// is answered as rejected on every replica alike.
@frozen
public struct ObjectReplica<Object: AtomicObject>: Sendable {
    /// The value.
    public var object: Object { _object }

    /// What is remembered of the clients.
    public var sessions: SessionTable { _sessions }

    /// The index of the last entry applied.
    public var lastIndex: UInt64 { _lastIndex }

    @usableFromInline var _object: Object
    @usableFromInline var _sessions: SessionTable
    @usableFromInline var _lastIndex: UInt64

    /// Makes the replica of an empty log.
    public init() {
        _object = Object()
        _sessions = SessionTable()
        _lastIndex = 0
    }

    /// Says that the entries through `index` are none of this object's: they change nothing.
    public mutating func skip(to index: UInt64) {
        precondition(index >= _lastIndex, "a replica does not go back")
        _lastIndex = index
    }
}

// MARK: - Applying

extension ObjectReplica {
    /// Applies `count` entries in order, the first of them at index `first`.
    ///
    /// One result record, `{u32 size, u32 outcome, payload}`, is appended for each. The entry at
    /// `first` must be the next of the log.
    @inlinable
    public mutating func apply(
        block: UnsafeRawBufferPointer, count: Int, first: UInt64, results: inout Writer
    ) {
        precondition(first == _lastIndex + 1, "entries are applied once and in the log's order")
        precondition(count >= 0, "a block has no negative number of entries")
        var reader = Reader(block)
        for _ in 0..<count { applyEntry(&reader, &results) }
        _lastIndex += UInt64(count)
    }

    @inlinable
    mutating func applyEntry(_ reader: inout Reader, _ results: inout Writer) {
        do throws(DecodingFailure) {
            let size = try reader.u32()
            let kind = try reader.u32()
            let payload = try reader.raw(Int(size))
            switch kind {
            case EntryKind.call.rawValue: applyCall(payload, &results)
            case EntryKind.barrier.rawValue, EntryKind.create.rawValue,
                EntryKind.configuration.rawValue:
                results.record(.ok)
            default: results.record(.rejected)
            }
        } catch {
            // The block is broken here, so nothing after this can be told apart.
            reader = Reader(UnsafeRawBufferPointer(start: nil, count: 0))
            results.record(.rejected)
        }
    }

    @inlinable
    mutating func applyCall(_ payload: UnsafeRawBufferPointer, _ results: inout Writer) {
        var reader = Reader(payload)
        guard let header = try? CallHeader.read(from: &reader) else {
            return results.record(.rejected)
        }
        switch header.operation {
        case .method: applyMethod(header, reader, &results)
        case .open: results.record(_sessions.open(header.session))
        case .settle: _sessions.settle(header, results: &results)
        }
    }

    @inlinable
    mutating func applyMethod(
        _ header: CallHeader, _ arguments: Reader, _ results: inout Writer
    ) {
        let position = _sessions.admit(header, results: &results)
        guard position >= 0 else { return }
        guard let method = Self.method(arguments) else { return results.record(.rejected) }
        let outcome = Self.run(method, on: &_object, &results)
        guard outcome.bytes >= 0 else { return }
        results.withUnsafeBytes { bytes in
            _sessions.store(
                header.request, at: position, outcome: outcome.kind,
                payload: UnsafeRawBufferPointer(rebasing: bytes.suffix(outcome.bytes)))
        }
    }

    @inlinable
    static func method(_ arguments: Reader) -> Object.Method? {
        var reader = arguments
        guard let method = try? Object.Method.read(from: &reader), reader.remaining == 0 else {
            return nil
        }
        return method
    }

    /// Runs a method and appends its record; says what it came to and in how many bytes.
    @inlinable
    static func run(
        _ method: Object.Method, on object: inout Object, _ results: inout Writer
    ) -> (kind: ReplyOutcome, bytes: Int) {
        let start = results.count
        results.record(.ok)
        var kind = ReplyOutcome.ok
        do throws(MethodFailure) {
            try object.apply(method, result: &results)
        } catch {
            results.truncate(to: start)
            results.record(.thrown)
            results.raw(error.payload)
            kind = .thrown
        }
        let bytes = results.count - start - Entries.headSize
        results.patchU32(UInt32(bytes), at: start)
        return (kind, bytes)
    }
}

// MARK: - Reading

extension ObjectReplica {
    /// Answers a read, given as the bytes of a method, with one result record.
    ///
    /// The method runs on a copy, so that one which claims to be read-only and is not does no harm.
    @inlinable
    public func read(_ bytes: UnsafeRawBufferPointer, result: inout Writer) {
        guard let method = Self.method(Reader(bytes)), method.isReadOnly else {
            return result.record(.rejected)
        }
        var copy = _object
        _ = Self.run(method, on: &copy, &result)
    }
}

// MARK: - Encoding

extension ObjectReplica: BinaryCodable {
    /// Appends the index, the sessions and the state of the object.
    public func write(to writer: inout Writer) {
        writer.u8(1)
        writer.u64(_lastIndex)
        _sessions.write(to: &writer)
        _object.writeState(to: &writer)
    }

    /// Reads a replica of this version.
    public static func read(
        from reader: inout Reader
    ) throws(DecodingFailure) -> ObjectReplica<Object> {
        guard try reader.u8() == 1 else { throw .malformed }
        var replica = ObjectReplica()
        replica._lastIndex = try reader.u64()
        replica._sessions = try .read(from: &reader)
        replica._object = try .readState(from: &reader)
        return replica
    }
}

extension ObjectReplica: Equatable where Object: Equatable {}

extension Writer {
    /// Appends a result record without a payload.
    @inlinable
    mutating func record(_ outcome: ReplyOutcome) {
        // Size 0 and the outcome at once.
        u64(UInt64(outcome.rawValue) << 32)
    }
}
