/// An object as its log makes it: the value, and the sessions of its clients.
///
/// Replicas that applied the same log are equal, however it was cut into blocks: same state, same
/// sessions, same results. Applying is total: an entry that cannot be decoded changes nothing, and
/// is answered as rejected on every replica alike. If that may not be said of all replicas, because
/// the entry calls a method that only some versions of the type have, the replica stops there: see
/// ``quarantine``. Whoever compares replicas stops them where they differ.
@frozen
public struct ObjectReplica<Object: AtomicObject>: Sendable {
    /// The value.
    public var object: Object { _object }

    /// What is remembered of the clients.
    public var sessions: SessionTable { _sessions }

    /// The index of the last entry applied.
    public var lastIndex: UInt64 { _lastIndex }

    /// Why this replica stopped; nil as long as it follows the log.
    ///
    /// From that entry on the value and the sessions stay as they are, and every call is answered
    /// as quarantined. A replica that stopped must not serve as anybody's snapshot.
    public var quarantine: Quarantine? { _quarantine }

    /// Whether the object was removed, so that calls are refused until it is created anew.
    public var isRemoved: Bool { _isRemoved }

    @usableFromInline var _object: Object
    @usableFromInline var _sessions: SessionTable
    @usableFromInline var _lastIndex: UInt64
    @usableFromInline var _catalogue: Catalogue
    @usableFromInline var _quarantine: Quarantine?
    @usableFromInline var _isRemoved: Bool

    /// Makes the replica of an empty log.
    public init() {
        _object = Object()
        _sessions = SessionTable()
        _lastIndex = 0
        _catalogue = Catalogue()
        _quarantine = nil
        _isRemoved = false
    }

    /// Stops this replica for a reason that the log does not tell; one that stopped before stays as
    /// it is.
    public mutating func stop(_ reason: Quarantine) {
        if _quarantine == nil { _quarantine = reason }
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
        for _ in 0..<count {
            _lastIndex += 1
            applyEntry(&reader, &results)
        }
    }

    @inlinable
    mutating func applyEntry(_ reader: inout Reader, _ results: inout Writer) {
        if let quarantine = _quarantine { return results.record(quarantine) }
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
        guard let header = try? CallHeader.readSkippingOrigin(&reader) else {
            return results.record(.rejected)
        }
        switch header.operation {
        case .method: applyMethod(header, reader, &results)
        case .open: results.record(open(header.session, declaring: reader))
        case .settle: _sessions.settle(header, results: &results)
        case .create, .remove:
            guard reader.remaining == 0 else { return results.record(.rejected) }
            changeExistence(header, &results)
        }
    }

    /// Ends the object, or begins it anew; answers whether that changed anything.
    @usableFromInline
    mutating func changeExistence(_ header: CallHeader, _ results: inout Writer) {
        let position = _sessions.admit(header, results: &results)
        guard position >= 0 else { return }
        let removes = header.operation == .remove
        let changed = removes != _isRemoved
        if changed { _object = Object() }
        _isRemoved = removes
        let start = results.count
        results.record(.ok)
        changed.write(to: &results)
        let bytes = results.count - start - Entries.headSize
        results.patchU32(UInt32(bytes), at: start)
        store(header, at: position, .ok, bytes: bytes, of: &results)
    }

    /// Has the session remember the record that was appended last.
    @inlinable
    mutating func store(
        _ header: CallHeader, at position: Int, _ outcome: ReplyOutcome, bytes: Int,
        of results: inout Writer
    ) {
        results.withUnsafeBytes { all in
            _sessions.store(
                header.request, at: position, outcome: outcome,
                payload: UnsafeRawBufferPointer(rebasing: all.suffix(bytes)))
        }
    }

    @inlinable
    mutating func applyMethod(
        _ header: CallHeader, _ arguments: Reader, _ results: inout Writer
    ) {
        let position = _sessions.admit(header, results: &results)
        guard position >= 0 else { return }
        guard !_isRemoved else {
            results.record(.removed)
            return store(header, at: position, .removed, bytes: 0, of: &results)
        }
        let method: Object.Method
        switch lookUp(arguments) {
        case .found(let found): method = found
        case .rejected: return results.record(.rejected)
        case .missing(let name):
            let quarantine = Quarantine(index: _lastIndex, cause: .missingMethod(name))
            _quarantine = quarantine
            return results.record(quarantine)
        }
        let outcome = Self.run(method, on: &_object, &results)
        guard outcome.bytes >= 0 else { return }
        store(header, at: position, outcome.kind, bytes: outcome.bytes, of: &results)
    }

    /// Opens a session, and declares what it says that its calls will run.
    @usableFromInline
    mutating func open(_ session: UInt64, declaring declaration: Reader) -> ReplyOutcome {
        var grown = _catalogue
        guard grown.declare(declaration) else { return .rejected }
        let outcome = _sessions.open(session)
        if outcome == .ok { _catalogue = grown }
        return outcome
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

// MARK: - Methods

extension ObjectReplica {
    /// What the bytes of a method are, for a log that declares its methods.
    @usableFromInline
    enum Lookup {
        case found(Object.Method)
        /// No method on any replica.
        case rejected
        /// A method that this version of the type lacks.
        case missing(String)
    }

    @inlinable
    func lookUp(_ arguments: Reader) -> Lookup {
        var reader = arguments
        do throws(DecodingFailure) {
            let method = try Object.Method.read(from: &reader)
            try reader.finish()
            return Object.Method.signatures.isEmpty || declared(arguments) != nil
                ? .found(method) : .rejected
        } catch .unknownTag, .unknownCase {
            guard let name = declared(arguments) else { return .rejected }
            return .missing(name)
        } catch {
            return .rejected
        }
    }

    /// The signature that the log declares for the tag of a call.
    @usableFromInline
    func declared(_ arguments: Reader) -> String? {
        var reader = arguments
        guard let tag = try? reader.u32() else { return nil }
        return _catalogue[tag]
    }
}

extension ObjectReplica {
    /// What an entry calls, as its log spells it, or as the program prints it; empty if it calls no
    /// method.
    public func methodName(inCall payload: UnsafeRawBufferPointer) -> String {
        var reader = Reader(payload)
        guard let header = try? CallHeader.readSkippingOrigin(&reader),
            header.operation == .method
        else {
            return ""
        }
        if let declared = declared(reader) { return declared }
        guard let method = try? Object.Method.read(from: &reader) else { return "" }
        return method.signature?.text ?? String("\(method)".prefix(MethodSignature.sizeMax))
    }
}

// MARK: - Reading

extension ObjectReplica {
    /// Answers a read, given as the bytes of a method, with one result record.
    ///
    /// The method runs on a copy, so that one which claims to be read-only and is not does no harm.
    @inlinable
    public func read(_ bytes: UnsafeRawBufferPointer, result: inout Writer) {
        if let quarantine = _quarantine { return result.record(quarantine) }
        guard !_isRemoved else { return result.record(.removed) }
        var reader = Reader(bytes)
        guard let method = try? Object.Method.read(from: &reader), reader.remaining == 0,
            method.isReadOnly
        else { return result.record(.rejected) }
        var copy = _object
        _ = Self.run(method, on: &copy, &result)
    }
}

// MARK: - Encoding

extension ObjectReplica: BinaryCodable {
    /// Appends the index, whether it was removed, why it stopped, what the log declares, the
    /// sessions and the state.
    public func write(to writer: inout Writer) {
        writer.u8(3)
        writer.u64(_lastIndex)
        _isRemoved.write(to: &writer)
        _quarantine.write(to: &writer)
        _catalogue.write(to: &writer)
        _sessions.write(to: &writer)
        _object.writeState(to: &writer)
    }

    /// Reads a replica of this version.
    public static func read(
        from reader: inout Reader
    ) throws(DecodingFailure) -> ObjectReplica<Object> {
        guard try reader.u8() == 3 else { throw .malformed }
        var replica = ObjectReplica()
        replica._lastIndex = try reader.u64()
        replica._isRemoved = try .read(from: &reader)
        replica._quarantine = try .read(from: &reader)
        replica._catalogue = try .read(from: &reader)
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
    /// Appends the result record of a replica that stopped.
    @usableFromInline
    mutating func record(_ quarantine: Quarantine) {
        let start = count
        record(.quarantined)
        quarantine.write(to: &self)
        patchU32(UInt32(count - start - Entries.headSize), at: start)
    }
}
