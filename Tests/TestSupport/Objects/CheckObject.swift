public import ADO

/// What every object must satisfy, as a list of complaints: empty if it does.
///
/// It runs `count` methods that `method` draws, and checks that
/// - methods and states survive their encodings, no part of an encoding passes for it, and whatever
///   is readable is what would be written;
/// - equal logs give equal results and equal bytes, however they are cut into blocks;
/// - a method that claims to be read-only, or throws, changes nothing;
/// - a request that is repeated gets its first answer and changes nothing;
/// - a snapshot of a prefix, followed by the rest of the log, is the whole log replayed.
///
/// That another process comes to the same is for ``digest(of:seed:count:method:)`` to show.
public func checkObject<Object: AtomicObject & Equatable>(
    _ type: Object.Type, seed: UInt64, count: Int = 200,
    method: (inout SeededGenerator) -> Object.Method
) -> [String] where Object.Method: Equatable {
    var random = SeededGenerator(seed: seed)
    let methods = (0..<count).map { _ in method(&random) }
    var complaints = checkMethods(methods)
    complaints += checkRuns(type, methods)
    complaints += checkStates(type, methods)
    complaints += checkNoise(type, &random)
    let script = LogScript(methods)
    complaints += checkRepetitions(type, script)
    complaints += checkSnapshots(type, script)
    return complaints
}

/// A number made of all results and the last state of a run: equal in every process.
public func digest<Object: AtomicObject>(
    of type: Object.Type, seed: UInt64, count: Int = 200,
    method: (inout SeededGenerator) -> Object.Method
) -> UInt64 {
    var random = SeededGenerator(seed: seed)
    var object = Object()
    var writer = Writer()
    for _ in 0..<count {
        let answer = run(method(&random), on: &object)
        answer.bytes.write(to: &writer)
        answer.threw.write(to: &writer)
    }
    object.writeState(to: &writer)
    return writer.bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}

// MARK: - Methods and states

private func checkMethods<Method: ObjectMethod & Equatable>(_ methods: [Method]) -> [String] {
    for method in methods {
        let bytes = method.encoded()
        guard (try? Method.decoded(from: bytes)) == method else {
            return ["\(method) is another method once encoded and decoded"]
        }
        for length in 0..<bytes.count
        where (try? Method.decoded(from: Array(bytes[..<length]))) != nil {
            return ["the first \(length) bytes of \(method) pass for a method"]
        }
    }
    return []
}

private func checkRuns<Object: AtomicObject & Equatable>(
    _ type: Object.Type, _ methods: [Object.Method]
) -> [String] {
    var object = Object()
    var twin = Object()
    for method in methods {
        let before = (object, state(of: object))
        let answer = run(method, on: &object)
        let again = run(method, on: &twin)
        if answer != again { return ["\(method) has two results after equal logs"] }
        guard method.isReadOnly || answer.threw else { continue }
        guard object == before.0, state(of: object) == before.1 else {
            return ["\(method) \(answer.threw ? "threw" : "is read-only") and changed something"]
        }
    }
    return state(of: object) == state(of: twin) ? [] : ["equal logs led to two states"]
}

private func checkStates<Object: AtomicObject & Equatable>(
    _ type: Object.Type, _ methods: [Object.Method]
) -> [String] {
    var object = Object()
    for (number, method) in methods.enumerated() {
        _ = run(method, on: &object)
        guard number < 60 || number % 7 == 0 else { continue }
        let bytes = state(of: object)
        guard let read = try? readState(bytes, as: type), read == object, state(of: read) == bytes
        else { return ["the state after \(number + 1) methods does not survive its encoding"] }
        guard number % 50 == 0 || number == methods.count - 1 else { continue }
        for length in 0..<bytes.count
        where (try? readState(Array(bytes[..<length]), as: type)) != nil {
            return ["the first \(length) bytes of a state pass for a state"]
        }
    }
    return []
}

private func checkNoise<Object: AtomicObject>(
    _ type: Object.Type, _ random: inout SeededGenerator
) -> [String] {
    for _ in 0..<2000 {
        let bytes = random.bytes(Int(random.next(upperBound: 30 as UInt64)))
        guard let object = try? readState(bytes, as: type) else { continue }
        guard state(of: object) == bytes else {
            return ["\(bytes) is readable as a state that is written otherwise"]
        }
    }
    return []
}

// MARK: - Logs

private func checkRepetitions<Object: AtomicObject>(
    _ type: Object.Type, _ script: LogScript
) -> [String] {
    var replica = ObjectReplica<Object>()
    let first = script.apply(0..<script.entries.count, to: &replica)
    let before = state(of: replica.object)
    for (number, answer) in zip(script.firstRequest..., first.dropFirst(script.firstRequest)) {
        let again = script.apply(number..<number + 1, to: &replica)
        guard again.map(\.outcome) == [answer.outcome], again.map(\.payload) == [answer.payload]
        else { return ["request \(number) has another answer when it is repeated"] }
    }
    guard state(of: replica.object) == before else { return ["a repeated request was done twice"] }
    return []
}

private func checkSnapshots<Object: AtomicObject & Equatable>(
    _ type: Object.Type, _ script: LogScript
) -> [String] {
    var whole = ObjectReplica<Object>()
    let answers = script.apply(0..<script.entries.count, to: &whole)
    var growing = ObjectReplica<Object>()
    for cut in 0..<script.entries.count {
        if cut > 0 { _ = script.apply(cut - 1..<cut, to: &growing) }
        // Each of the first, where objects are small and change most, then some.
        guard cut < 30 || cut % 9 == 0 else { continue }
        guard var restored = try? ObjectReplica<Object>.decoded(from: growing.encoded()) else {
            return ["a snapshot after \(cut) entries is not readable"]
        }
        let rest = script.apply(cut..<script.entries.count, to: &restored)
        guard rest.map(\.payload) == answers[cut...].map(\.payload) else {
            return ["after a snapshot of \(cut) entries, results are not those of a replay"]
        }
        guard restored == whole, restored.encoded() == whole.encoded() else {
            return ["after a snapshot of \(cut) entries, the state is not that of a replay"]
        }
    }
    return []
}
