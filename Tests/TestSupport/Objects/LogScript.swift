internal import ADO

/// A log that runs methods in one session, entry by entry.
struct LogScript {
    private static let session: UInt64 = 7

    /// The entries, the first of which opens the session.
    let entries: [[UInt8]]

    /// The position of the first request.
    let firstRequest = 1

    init(_ methods: [some ObjectMethod]) {
        var writer = Writer()
        writer.openEntry(session: Self.session)
        var entries = [writer.bytes]
        for (number, method) in methods.enumerated() {
            writer.removeAll()
            // Nothing is given up, so that each request may be repeated.
            let header = CallHeader(
                session: Self.session, request: UInt64(number) + 1, lowest: 1, operation: .method)
            writer.methodEntry(header, method)
            entries.append(writer.bytes)
        }
        self.entries = entries
    }

    /// Applies entries as one block after whatever the replica has applied.
    func apply<Object: AtomicObject>(
        _ range: Range<Int>, to replica: inout ObjectReplica<Object>
    ) -> [Reply] {
        let first = replica.lastIndex + 1
        let block = entries[range].flatMap { $0 }
        var results = Writer()
        block.withUnsafeBytes { bytes in
            replica.apply(block: bytes, count: range.count, first: first, results: &results)
        }
        return Reply.records(results.bytes, count: range.count, first: first)
    }
}

/// What a method came to.
struct Answer: Equatable {
    let bytes: [UInt8]
    let threw: Bool
}

func run<Object: AtomicObject>(_ method: Object.Method, on object: inout Object) -> Answer {
    var writer = Writer()
    do throws(MethodFailure) {
        try object.apply(method, result: &writer)
        return Answer(bytes: writer.bytes, threw: false)
    } catch {
        return Answer(bytes: error.payload, threw: true)
    }
}

func state<Object: AtomicObject>(of object: Object) -> [UInt8] {
    var writer = Writer()
    object.writeState(to: &writer)
    return writer.bytes
}

func readState<Object: AtomicObject>(
    _ bytes: [UInt8], as type: Object.Type
) throws(DecodingFailure) -> Object {
    try Reader.read(bytes) { reader throws(DecodingFailure) in
        try Object.readState(from: &reader)
    }
}
