import ADO
import TestSupport
import Testing

/// What every object must satisfy: methods and states survive their encodings, no part of an
/// encoding passes for it, and equal logs give equal results and equal bytes.
func checkObject<Object: AtomicObject & Equatable>(
    _ type: Object.Type, seed: UInt64, method: (inout SeededGenerator) -> Object.Method
) throws where Object.Method: Equatable {
    var random = SeededGenerator(seed: seed)
    var object = Object()
    var twin = Object()
    for _ in 0..<300 {
        let next = method(&random)
        try checkEncoding(of: next)
        let before = object
        let result = run(next, on: &object)
        #expect(result == run(try .decoded(from: next.encoded()), on: &twin))
        if next.isReadOnly || result.threw { #expect(object == before) }
    }
    #expect(object == twin)
    try checkState(of: object)
    checkNoise(as: Object.self, random: &random)
}

private func run<Object: AtomicObject>(
    _ method: Object.Method, on object: inout Object
) -> (bytes: [UInt8], threw: Bool) {
    var writer = Writer()
    do throws(MethodFailure) {
        try object.apply(method, result: &writer)
        return (writer.bytes, false)
    } catch {
        return (error.payload, true)
    }
}

private func == (
    left: (bytes: [UInt8], threw: Bool), right: (bytes: [UInt8], threw: Bool)
) -> Bool {
    left.bytes == right.bytes && left.threw == right.threw
}

private func checkEncoding<Method: ObjectMethod & Equatable>(of method: Method) throws {
    let bytes = method.encoded()
    #expect(try Method.decoded(from: bytes) == method)
    let passing = (0..<bytes.count).filter { length in
        (try? Method.decoded(from: Array(bytes[..<length]))) != nil
    }
    #expect(passing == [])
}

private func checkState<Object: AtomicObject & Equatable>(of object: Object) throws {
    var writer = Writer()
    object.writeState(to: &writer)
    let state = writer.bytes
    #expect(try readState(state, as: Object.self) == object)
    let passing = (0..<state.count).filter { length in
        (try? readState(Array(state[..<length]), as: Object.self)) != nil
    }
    #expect(passing == [])
}

private func checkNoise<Object: AtomicObject & Equatable>(
    as type: Object.Type, random: inout SeededGenerator
) {
    for _ in 0..<2000 {
        let bytes = random.bytes(Int(random.next(upperBound: 30 as UInt64)))
        guard let object = try? readState(bytes, as: type) else { continue }
        var writer = Writer()
        object.writeState(to: &writer)
        #expect(writer.bytes == bytes)
    }
}

private func readState<Object: AtomicObject>(
    _ bytes: [UInt8], as type: Object.Type
) throws(DecodingFailure) -> Object {
    try Reader.read(bytes) { reader throws(DecodingFailure) in
        try Object.readState(from: &reader)
    }
}
