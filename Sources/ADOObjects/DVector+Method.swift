public import ADO

extension DVector {
    /// What a vector can be asked to do.
    public enum Method: ObjectMethod, Hashable {
        /// Puts an element at an index, and returns what was there.
        case insert(Element, at: UInt64, fence: UInt64)
        /// Puts an element after the last, makes places vacant, and returns the element's index.
        case append(Element, freeing: [UInt64], fence: UInt64)
        /// Puts elements after the last, makes places vacant, and returns the index of the first.
        case extend([Element], freeing: [UInt64], fence: UInt64)
        /// Lowers the count by one, and returns what was there.
        case pop(fence: UInt64)
        /// Makes places vacant, and returns how many were not.
        case remove([UInt64], fence: UInt64)
        /// Shuts out writers with lower tokens.
        case raise(fence: UInt64)
        /// Returns the element at an index.
        case get(UInt64)
        /// Returns the index after the last one used.
        case count
        /// Returns the indices that are not vacant, among `limit` from one on.
        case occupied(from: UInt64, limit: UInt64)

        /// True for `get`, `count` and `occupied`.
        public var isReadOnly: Bool {
            switch self {
            case .insert, .append, .extend, .pop, .remove, .raise: false
            case .get, .count, .occupied: true
            }
        }
    }
}

extension DVector.Method: BinaryCodable {
    /// Appends a tag, 1 to 9, and the arguments.
    public func write(to writer: inout Writer) {
        switch self {
        case .insert(let element, let index, let fence):
            writer.u8(1)
            element.write(to: &writer)
            index.write(to: &writer)
            fence.write(to: &writer)
        case .append(let element, let freed, let fence):
            writer.u8(2)
            element.write(to: &writer)
            freed.write(to: &writer)
            fence.write(to: &writer)
        case .pop(let fence):
            writer.u8(3)
            fence.write(to: &writer)
        case .remove(let indices, let fence):
            writer.u8(4)
            indices.write(to: &writer)
            fence.write(to: &writer)
        case .raise(let fence):
            writer.u8(5)
            fence.write(to: &writer)
        case .get(let index):
            writer.u8(6)
            index.write(to: &writer)
        case .count:
            writer.u8(7)
        case .occupied(let start, let limit):
            writer.u8(8)
            start.write(to: &writer)
            limit.write(to: &writer)
        case .extend(let elements, let freed, let fence):
            writer.u8(9)
            elements.write(to: &writer)
            freed.write(to: &writer)
            fence.write(to: &writer)
        }
    }

    /// Reads a tag and the arguments.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Self {
        switch try reader.u8() {
        case 1:
            return .insert(
                try .read(from: &reader), at: try .read(from: &reader),
                fence: try .read(from: &reader))
        case 2:
            return .append(
                try .read(from: &reader), freeing: try .read(from: &reader),
                fence: try .read(from: &reader))
        case 3: return .pop(fence: try .read(from: &reader))
        case 4: return .remove(try .read(from: &reader), fence: try .read(from: &reader))
        case 5: return .raise(fence: try .read(from: &reader))
        case 6: return .get(try .read(from: &reader))
        case 7: return .count
        case 8: return .occupied(from: try .read(from: &reader), limit: try .read(from: &reader))
        case 9:
            return .extend(
                try .read(from: &reader), freeing: try .read(from: &reader),
                fence: try .read(from: &reader))
        case let tag: throw .unknownTag(UInt32(tag))
        }
    }
}

// MARK: - Calls

extension Call {
    /// Puts an element at an index below 2^64 - 1, and returns what was there.
    public static func insert<Element>(
        _ element: Element, at index: UInt64, fence: UInt64 = 0
    ) -> Self where Object == DVector<Element>, Result == Element? {
        Self(.insert(element, at: index, fence: fence))
    }

    /// Puts an element after the last, makes places vacant, and returns the element's index.
    public static func append<Element>(
        _ element: Element, freeing freed: [UInt64] = [], fence: UInt64 = 0
    ) -> Self where Object == DVector<Element>, Result == UInt64 {
        Self(.append(element, freeing: freed, fence: fence))
    }

    /// Puts elements after the last, in their order, makes places vacant, and returns the index of
    /// the first; with no elements, the count.
    public static func append<Element>(
        contentsOf elements: [Element], freeing freed: [UInt64] = [], fence: UInt64 = 0
    ) -> Self where Object == DVector<Element>, Result == UInt64 {
        Self(.extend(elements, freeing: freed, fence: fence))
    }

    /// Lowers the count by one, and returns what was there: nil if it was vacant, or the count 0.
    public static func pop<Element>(
        fence: UInt64 = 0
    ) -> Self where Object == DVector<Element>, Result == Element? {
        Self(.pop(fence: fence))
    }

    /// Makes places vacant, and returns how many were not.
    public static func remove<Element>(
        _ indices: [UInt64], fence: UInt64 = 0
    ) -> Self where Object == DVector<Element>, Result == Int {
        Self(.remove(indices, fence: fence))
    }

    /// Shuts out writers with lower tokens.
    public static func raise<Element>(
        fence: UInt64
    ) -> Self where Object == DVector<Element>, Result == Nothing {
        Self(.raise(fence: fence))
    }

    /// Returns the element at an index; nil if the place is vacant.
    public static func get<Element>(
        _ index: UInt64
    ) -> Self where Object == DVector<Element>, Result == Element? {
        Self(.get(index))
    }

    /// Returns the indices that are not vacant, among at most `limit` from `start` on.
    ///
    /// It looks at no more than ``DVector/scanMax``.
    public static func occupied<Element>(
        from start: UInt64, limit: UInt64
    ) -> Self where Object == DVector<Element>, Result == [UInt64] {
        Self(.occupied(from: start, limit: limit))
    }
}

extension DVector: CountedObject {
    /// An index.
    public typealias Count = UInt64

    /// Returns the index after the last one used.
    public static var countMethod: Method { .count }
}
