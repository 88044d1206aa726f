internal import ADO

/// An object that counts how often one of its methods ran: what exactly once is judged by.
///
/// Whether a request is carried out or answered from memory is the replica's decision; the object
/// within sees only what is carried out.
struct Counted<Object: AtomicObject>: AtomicObject {
    static var typeName: String { Object.typeName }

    private var object = Object()
    private(set) var runs: UInt64 = 0

    mutating func apply(
        _ method: Object.Method, result: inout Writer
    ) throws(MethodFailure) {
        runs += 1
        try object.apply(method, result: &result)
    }

    func writeState(to writer: inout Writer) {
        writer.u64(runs)
        object.writeState(to: &writer)
    }

    static func readState(from reader: inout Reader) throws(DecodingFailure) -> Self {
        var counted = Self()
        counted.runs = try reader.u64()
        counted.object = try Object.readState(from: &reader)
        return counted
    }
}
