import ADO

/// A queue of numbers that throws when it is empty: the object these tests replicate.
struct Queue: AtomicObject, Hashable {
    enum Method: ObjectMethod, Hashable {
        case enqueue(Int)
        case dequeue
        case contents

        var isReadOnly: Bool { self == .contents }

        func write(to writer: inout Writer) {
            switch self {
            case .enqueue(let number):
                writer.u8(1)
                number.write(to: &writer)
            case .dequeue: writer.u8(2)
            case .contents: writer.u8(3)
            }
        }

        static func read(from reader: inout Reader) throws(DecodingFailure) -> Method {
            switch try reader.u8() {
            case 1: return .enqueue(try .read(from: &reader))
            case 2: return .dequeue
            case 3: return .contents
            case let tag: throw .unknownTag(UInt32(tag))
            }
        }
    }

    static let typeName = "Queue"
    var numbers: [Int] = []

    mutating func apply(_ method: Method, result: inout Writer) throws(MethodFailure) {
        switch method {
        case .enqueue(let number):
            numbers.append(number)
            numbers.count.write(to: &result)
        case .dequeue:
            guard !numbers.isEmpty else { throw MethodFailure("the queue is empty") }
            numbers.removeFirst().write(to: &result)
        case .contents:
            numbers.write(to: &result)
        }
    }

    func writeState(to writer: inout Writer) { numbers.write(to: &writer) }

    static func readState(from reader: inout Reader) throws(DecodingFailure) -> Queue {
        Queue(numbers: try .read(from: &reader))
    }
}

extension Call where Object == Queue, Result == Int {
    static func enqueue(_ number: Int) -> Self { Self(.enqueue(number)) }
    static var dequeue: Self { Self(.dequeue) }
}

extension Call where Object == Queue, Result == [Int] {
    static var contents: Self { Self(.contents) }
}

extension MethodFailure {
    static let emptyQueue = MethodFailure("the queue is empty")
}

extension LocalBackend {
    /// What is committed of the queue that these tests use.
    var numbers: [Int]? { committed(Queue.self, named: "q")?.object.numbers }

    /// A new client of that queue.
    func client() -> Handle<Queue> { Handle(Queue.self, named: "q", on: self) }
}
