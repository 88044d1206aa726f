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
        /// Makes places vacant, fills others that were reserved, reserves more after the last, and
        /// returns which could not be filled, and the first that is reserved.
        case fill(
            [Element], at: [UInt64], freeing: [UInt64], reserving: UInt64, fence: UInt64)
        /// Returns what is at places, up to the first that holds an element.
        case look([UInt64])
        /// Lets no place be filled any more that is reserved now, and returns the count.
        case seal(fence: UInt64)

        /// True for `get`, `count`, `occupied` and `look`.
        public var isReadOnly: Bool {
            switch self {
            case .insert, .append, .extend, .pop, .remove, .raise, .fill, .seal: false
            case .get, .count, .occupied, .look: true
            }
        }
    }
}

extension DVector.Method: BinaryCodable {
    /// Appends a tag, 1 to 12, and the arguments.
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
        case .fill(let elements, let indices, let freed, let reserved, let fence):
            writer.u8(10)
            elements.write(to: &writer)
            indices.write(to: &writer)
            freed.write(to: &writer)
            reserved.write(to: &writer)
            fence.write(to: &writer)
        case .look(let indices):
            writer.u8(11)
            indices.write(to: &writer)
        case .seal(let fence):
            writer.u8(12)
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
        case 10:
            return .fill(
                try .read(from: &reader), at: try .read(from: &reader),
                freeing: try .read(from: &reader), reserving: try .read(from: &reader),
                fence: try .read(from: &reader))
        case 11: return .look(try .read(from: &reader))
        case 12: return .seal(fence: try .read(from: &reader))
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

    /// Makes places vacant, fills others that were reserved, and reserves more after the last.
    ///
    /// Elements whose places are not vacant, were never reserved, or are sealed, are refused, and
    /// change nothing. It fails as out of range unless each element has an index and at most
    /// ``DVector/reserveMax`` places are reserved.
    public static func fill<Element>(
        _ elements: [Element] = [], at indices: [UInt64] = [], freeing freed: [UInt64] = [],
        reserving reserved: UInt64 = 0, fence: UInt64 = 0
    ) -> Self where Object == DVector<Element>, Result == Filled {
        Self(.fill(elements, at: indices, freeing: freed, reserving: reserved, fence: fence))
    }

    /// Returns what is at places, in the order asked for, up to the first that holds an element.
    public static func look<Element>(
        at indices: [UInt64]
    ) -> Self where Object == DVector<Element>, Result == [Element?] {
        Self(.look(indices))
    }

    /// Lets no place be filled any more that is reserved now, and returns the count.
    public static func seal<Element>(
        fence: UInt64 = 0
    ) -> Self where Object == DVector<Element>, Result == UInt64 {
        Self(.seal(fence: fence))
    }
}

extension DVector: CountedObject {
    /// An index.
    public typealias Count = UInt64

    /// Returns the index after the last one used.
    public static var countMethod: Method { .count }
}
