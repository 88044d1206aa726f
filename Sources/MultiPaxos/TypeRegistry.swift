public import ADO
internal import Synchronization

/// The types whose objects a node applies.
///
/// Register a type before the node starts; one that comes later is applied from the start of its
/// logs as well, as long as what it missed fits in memory.
///
/// ```swift
/// let types = TypeRegistry()
/// types.host(KeyValue.self)
/// ```
///
/// Several nodes of one process may share a registry.
public final class TypeRegistry: Sendable {
    private let types = Mutex<[String: HostedType]>([:])

    /// Makes a registry without types.
    public init() {}

    /// Registers a type; to do so twice changes nothing.
    ///
    /// It is inlinable so that the code that applies a log is specialised for the type.
    @inlinable
    public func host<Object: AtomicObject>(_ type: Object.Type) {
        add(HostedType(type))
    }

    @usableFromInline
    func add(_ type: HostedType) {
        types.withLock { types in
            guard types[type.name] == nil else { return }
            types[type.name] = type
        }
    }

    func find(_ name: String) -> HostedType? {
        types.withLock { $0[name] }
    }
}

/// How to make the host of an object of one type.
@usableFromInline
struct HostedType: Sendable {
    @usableFromInline let name: String
    /// Makes a host, on the loop thread.
    @usableFromInline typealias Make = @Sendable () -> ObjectHost

    @usableFromInline let make: Make
    /// The state of a snapshot, and the last entry that it holds.
    @usableFromInline typealias Decoded = (lastIndex: UInt64, make: Make)
    /// Decodes the state of a snapshot, on any thread.
    @usableFromInline let decode: @Sendable (inout Reader) throws(DecodingFailure) -> Decoded

    @inlinable
    init<Object: AtomicObject>(_ type: Object.Type) {
        name = Object.typeName
        make = { Self.host(ObjectReplica<Object>()) }
        decode = { reader throws(DecodingFailure) in
            let replica = try ObjectReplica<Object>.read(from: &reader)
            return (replica.lastIndex, { Self.host(replica) })
        }
    }

    @inlinable
    static func host<Object: AtomicObject>(_ replica: ObjectReplica<Object>) -> ObjectHost {
        let box = ReplicaBox(replica)
        return ObjectHost(
            box: box, applied: replica.lastIndex,
            applyBlock: { block, count, first, results in
                unsafe box.replica.apply(
                    block: block, count: count, first: first, results: &results)
            },
            readOne: { bytes, result in
                unsafe box.replica.read(bytes, result: &result)
            },
            copy: {
                let replica = box.replica
                guard replica.quarantine == nil else { return nil }
                return { replica.write(to: &$0) }
            },
            copyState: {
                guard box.replica.quarantine == nil else { return nil }
                let object = box.replica.object
                return { object.writeState(to: &$0) }
            },
            methodName: { unsafe box.replica.methodName(inCall: $0) })
    }
}

/// What may be asked of a replica without its type.
@usableFromInline
protocol StoppableReplica: AnyObject {
    var quarantine: Quarantine? { get }
    func stop(_ reason: Quarantine)
}

/// The committed state of one object, where closures made for its type can find it.
@usableFromInline
final class ReplicaBox<Object: AtomicObject>: StoppableReplica {
    @usableFromInline var replica: ObjectReplica<Object>

    @usableFromInline
    init(_ replica: ObjectReplica<Object>) {
        self.replica = replica
    }

    @usableFromInline
    var quarantine: Quarantine? { replica.quarantine }

    @usableFromInline
    func stop(_ reason: Quarantine) { replica.stop(reason) }
}
