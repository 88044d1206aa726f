internal import ADO
internal import ADOSpec
internal import CMultiPaxos

/// An application under judgement: what its processes do, and what must hold.
protocol Application: Sendable {
    /// Its objects: that of group 1 first.
    var objects: [AppObject] { get }

    /// What a process does as long as there is trouble; it dies and begins anew as faults have it.
    func live(_ process: AppProcess) async

    /// What a last process does afterwards.
    func finish(_ process: AppProcess) async

    /// What is wrong with what is committed, at any time.
    func judge(_ truth: AppTruth) -> Violation?

    /// Whether what is committed, and what was seen, is right in the end.
    func judgeEnd(_ truth: AppTruth) -> Verdict
}

/// An object of an application.
struct AppObject: Sendable {
    let name: ObjectName
    let make: @Sendable () -> HostedObject

    init<Object: AtomicObject>(_ type: Object.Type, _ name: String) {
        self.name = ObjectName(type: Object.typeName, name: name)
        make = { Hosted<Object>() }
    }
}

/// What is committed of each object, by whoever heard of it first.
struct AppTruth {
    private var objects: [ObjectName: HostedObject] = [:]
    private var names: [UInt64: ObjectName] = [:]
    private var lasts: [UInt64: UInt64] = [:]

    init(_ application: any Application) {
        for (place, object) in application.objects.enumerated() {
            objects[object.name] = object.make()
            names[UInt64(place + 1)] = object.name
        }
    }

    /// Applies a batch unless it was; says whether it was new.
    mutating func apply(_ frame: Frame, _ group: UInt64) -> Bool {
        guard let name = names[group], frame.batch.first == lasts[group, default: 0] + 1 else {
            return false
        }
        lasts[group] = frame.batch.last
        _ = objects[name]?.apply(frame)
        return true
    }

    func state<Object: AtomicObject>(_ type: Object.Type, _ name: String) -> Object {
        let name = ObjectName(type: Object.typeName, name: name)
        return (objects[name] as? Hosted<Object>)?.replica.object ?? Object()
    }
}
