import ADO

/// An object to which calls are applied one after the other, as a replica would.
struct Applied<Object: AtomicObject> {
    var object = Object()

    init(_ type: Object.Type) {}

    mutating func callAsFunction<Result>(_ call: Call<Object, Result>) throws -> Result {
        var writer = Writer()
        try object.apply(call.method, result: &writer)
        return try Result.decoded(from: writer.bytes)
    }

    /// What a call throws.
    mutating func failure<Result, Failure: BinaryCodable>(
        _ call: Call<Object, Result>, as type: Failure.Type
    ) throws -> Failure? {
        do {
            _ = try self(call)
            return nil
        } catch let failure as MethodFailure {
            return try failure.error(as: type)
        }
    }
}
