import ADO

/// A number that grows: the smallest object that shows whether something was done twice.
struct Tally: AtomicObject, Equatable {
    enum Method: UInt8, ObjectMethod {
        case add = 1
        case get = 2

        var isReadOnly: Bool { self == .get }
    }

    static let typeName = "Tally"
    var count: UInt64 = 0

    mutating func apply(_ method: Method, result: inout Writer) throws(MethodFailure) {
        if method == .add { count += 1 }
        count.write(to: &result)
    }

    func writeState(to writer: inout Writer) { count.write(to: &writer) }

    static func readState(from reader: inout Reader) throws(DecodingFailure) -> Tally {
        Tally(count: try .read(from: &reader))
    }
}

extension Call where Object == Tally, Result == UInt64 {
    static var add: Self { Self(.add) }
    static var get: Self { Self(.get) }
}
