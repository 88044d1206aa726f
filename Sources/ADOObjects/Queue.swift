public import ADO
internal import HashTreeCollections

/// A replicated queue: first in, first out.
///
///     let jobs = cluster.object(Queue<String>.self, named: "jobs")
///     try await jobs.call(.enqueue("build"))      // 1, the length now
///     try await jobs.call(.dequeue())             // "build"
///     try await jobs.call(.dequeue())             // nil: empty
///
/// A method never throws. After an unknown outcome an element may be in the queue, or gone from it,
/// or not: settle the request, which brings the element that was taken, or call exactly once, which
/// is the default. A write costs one round trip to a quorum, a read one to confirm the owner.
/// Copies share what they have in common.
public struct Queue<Element: StockElement>: AtomicObject, Equatable {
    /// What a queue can be asked to do.
    public enum Method: ObjectMethod, Hashable {
        /// Appends an element, and returns the length.
        case enqueue(Element)
        /// Removes the first element and returns it.
        case dequeue
        /// Returns the first element.
        case first
        /// Returns the length.
        case count

        /// True for `first` and `count`.
        public var isReadOnly: Bool { self == .first || self == .count }
    }

    /// The name of the type in logs, with that of its elements.
    public static var typeName: String { "Queue<\(Element.elementName)>" }

    /// The elements by a number that rises; those from `head` to `tail` are there.
    private var places: TreeDictionary<UInt64, Element> = [:]
    private var head: UInt64 = 0
    private var tail: UInt64 = 0

    /// Makes an empty queue.
    public init() {}

    /// The number of elements.
    public var count: Int { places.count }

    /// The first element.
    public var first: Element? { places[head] }

    /// The elements, the first one first.
    public var elements: [Element] { (head..<tail).compactMap { places[$0] } }

    /// Runs one method.
    public mutating func apply(_ method: Method, result: inout Writer) throws(MethodFailure) {
        switch method {
        case .enqueue(let element):
            places[tail] = element
            tail += 1
            count.write(to: &result)
        case .dequeue:
            places.removeValue(forKey: head).write(to: &result)
            head = min(head + 1, tail)
        case .first: first.write(to: &result)
        case .count: count.write(to: &result)
        }
    }

    /// Whether both hold the same elements in the same order, whatever was in them before.
    public static func == (left: Queue, right: Queue) -> Bool { left.elements == right.elements }
}

// MARK: - Encoding

extension Queue {
    /// Appends the elements, the first one first.
    public func writeState(to writer: inout Writer) {
        writer.varint(UInt64(count))
        for place in head..<tail { places[place]?.write(to: &writer) }
    }

    /// Reads elements.
    public static func readState(from reader: inout Reader) throws(DecodingFailure) -> Queue {
        var queue = Queue()
        for _ in 0..<(try reader.length()) {
            queue.places[queue.tail] = try Element.read(from: &reader)
            queue.tail += 1
        }
        return queue
    }
}

extension Queue.Method: BinaryCodable {
    /// Appends a tag, 1 to 4, and the element.
    public func write(to writer: inout Writer) {
        switch self {
        case .enqueue(let element):
            writer.u8(1)
            element.write(to: &writer)
        case .dequeue: writer.u8(2)
        case .first: writer.u8(3)
        case .count: writer.u8(4)
        }
    }

    /// Reads a tag and the element.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Self {
        switch try reader.u8() {
        case 1: return .enqueue(try .read(from: &reader))
        case 2: return .dequeue
        case 3: return .first
        case 4: return .count
        case let tag: throw .unknownTag(UInt32(tag))
        }
    }
}

// MARK: - Calls

extension Call {
    /// Appends an element, and returns the length.
    public static func enqueue<Element>(
        _ element: Element
    ) -> Self where Object == Queue<Element>, Result == Int {
        Self(.enqueue(element))
    }

    /// Removes the first element and returns it; nil if there is none.
    public static func dequeue<Element>() -> Self
    where Object == Queue<Element>, Result == Element? {
        Self(.dequeue)
    }

    /// Returns the first element; nil if there is none.
    public static func first<Element>() -> Self
    where Object == Queue<Element>, Result == Element? {
        Self(.first)
    }
}

extension Queue: CountedObject {
    /// A number of elements.
    public typealias Count = Int

    /// Returns the length.
    public static var countMethod: Method { .count }
}
