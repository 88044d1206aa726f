import ADO
import Synchronization

/// A counter, some of whose methods look beyond the object: what replicas must never do.
struct Odd: AtomicObject {
    enum Method: UInt8, ObjectMethod {
        case add = 1
        /// Answers a number that this process never gave before.
        case tellProcess = 2
        /// Keeps such a number, and answers what is always the same.
        case keepProcess = 3
        case value = 4

        var isReadOnly: Bool { self == .value }
    }

    static let typeName = "Odd"

    /// What the process counts, and whether methods look at it.
    static let process = Process()

    final class Process: Sendable {
        private let count = Atomic<Int>(0)
        let isMended = Atomic<Bool>(false)

        func next() -> Int {
            guard !isMended.load(ordering: .relaxed) else { return 0 }
            return count.add(1, ordering: .relaxed).newValue
        }
    }

    var sum = 0
    var kept = 0

    mutating func apply(_ method: Method, result: inout Writer) throws(MethodFailure) {
        switch method {
        case .add:
            sum += 1
            sum.write(to: &result)
        case .tellProcess: Self.process.next().write(to: &result)
        case .keepProcess:
            kept = Self.process.next()
            true.write(to: &result)
        case .value: sum.write(to: &result)
        }
    }

    func writeState(to writer: inout Writer) {
        sum.write(to: &writer)
        kept.write(to: &writer)
    }

    static func readState(from reader: inout Reader) throws(DecodingFailure) -> Odd {
        Odd(sum: try .read(from: &reader), kept: try .read(from: &reader))
    }
}

extension Call where Object == Odd, Result == Int {
    static var add: Self { Self(.add) }
    static var tellProcess: Self { Self(.tellProcess) }
    static var value: Self { Self(.value) }
}

extension Call where Object == Odd, Result == Bool {
    static var keepProcess: Self { Self(.keepProcess) }
}
