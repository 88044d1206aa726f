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
    @usableFromInline let make: @Sendable () -> ObjectHost

    @inlinable
    init<Object: AtomicObject>(_ type: Object.Type) {
        name = Object.typeName
        make = {
            let box = ReplicaBox<Object>()
            return ObjectHost(
                box: box,
                applyBlock: { block, count, first, results in
                    unsafe box.replica.apply(
                        block: block, count: count, first: first, results: &results)
                },
                readOne: { bytes, result in
                    unsafe box.replica.read(bytes, result: &result)
                })
        }
    }
}

/// The committed state of one object, where closures made for its type can find it.
@usableFromInline
final class ReplicaBox<Object: AtomicObject> {
    @usableFromInline var replica = ObjectReplica<Object>()

    @usableFromInline init() {}
}
