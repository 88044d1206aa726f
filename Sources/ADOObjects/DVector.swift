public import ADO
internal import HashTreeCollections

/// A replicated vector with vacant places.
///
///     let log = cluster.object(DVector<String>.self, named: "log")
///     try await log.call(.append("first"))                    // 0
///     try await log.call(.insert("far", at: 7))               // nil, what was there
///     try await log.call(.count)                              // 8
///     try await log.call(.get(3))                             // nil: vacant
///
/// `count` is the index after the last one that was ever used; removing an element leaves
/// its place vacant and the count as it is, so that an index that was given out is not given out
/// again. Only `pop` lowers the count.
///
/// Places can be reserved before there is anything to put there, so that a writer knows where its
/// element will be before it writes it. They are vacant until they are filled. After `seal`
/// `fill` fills none that was reserved before. A `pop` may take back a place that is reserved, and
/// it may be reserved again: who reserves does not pop.
///
/// Writes take a fencing token, 0 by default: see ``VectorFailure/fenced(by:)``. A write that
/// throws has changed nothing. After an unknown outcome it may or may not be done: settle it, or
/// call it exactly once, which is the default. A write costs one round trip to a quorum, a read one
/// to confirm the owner. Copies share what they have in common.
public struct DVector<Element: StockElement>: AtomicObject, Equatable {
    /// The name of the type in logs, with that of its elements.
    public static var typeName: String { "DVector<\(Element.elementName)>" }

    /// How many indices one `occupied` looks at, at most.
    public static var scanMax: UInt64 { 4096 }

    /// How many places one `fill` reserves, at most.
    public static var reserveMax: UInt64 { 4096 }

    /// The index after the last one used.
    public private(set) var count: UInt64 = 0

    /// Below this `fill` fills no place any more.
    public private(set) var floor: UInt64 = 0

    private var places: TreeDictionary<UInt64, Element> = [:]
    private(set) var fence = Fence()

    /// Makes an empty vector.
    public init() {}

    init(
        count: UInt64, floor: UInt64, places: TreeDictionary<UInt64, Element>, fence: Fence
    ) {
        self.count = count
        self.floor = floor
        self.places = places
        self.fence = fence
    }

    /// The element at an index; nil if the place is vacant.
    public subscript(index: UInt64) -> Element? { places[index] }

    /// The number of places that are not vacant.
    public var occupiedCount: Int { places.count }

    /// The elements with their indices, in the order of the indices.
    public var elements: [(index: UInt64, element: Element)] {
        places.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Runs one method.
    @specialized(where Element == String)
    public mutating func apply(_ method: Method, result: inout Writer) throws(MethodFailure) {
        switch method {
        case .get(let index): places[index].write(to: &result)
        case .count: count.write(to: &result)
        case .occupied(let start, let limit):
            let end = min(count, start.saturated(adding: min(limit, Self.scanMax)))
            let found = start < end ? (start..<end).filter { places[$0] != nil } : []
            found.write(to: &result)
        case .insert(let element, let index, let token):
            guard index < .max else { throw MethodFailure(VectorFailure.outOfRange) }
            try enter(token)
            places.updateValue(element, forKey: index).write(to: &result)
            count = max(count, index + 1)
        case .append(let element, let freed, let token):
            guard count < .max else { throw MethodFailure(VectorFailure.outOfRange) }
            try enter(token)
            _ = vacate(freed)
            places[count] = element
            count.write(to: &result)
            count += 1
        case .extend(let elements, let freed, let token):
            guard UInt64(elements.count) <= .max - count else {
                throw MethodFailure(VectorFailure.outOfRange)
            }
            try enter(token)
            _ = vacate(freed)
            count.write(to: &result)
            for element in elements {
                places[count] = element
                count += 1
            }
        case .pop(let token):
            try enter(token)
            count -= min(count, 1)
            places.removeValue(forKey: count).write(to: &result)
        case .remove(let indices, let token):
            try enter(token)
            vacate(indices).write(to: &result)
        case .raise(let token):
            try enter(token)
        case .fill(let elements, let indices, let freed, let reserved, let token):
            let first = max(count, floor)
            guard elements.count == indices.count, reserved <= Self.reserveMax,
                reserved <= .max - first
            else { throw MethodFailure(VectorFailure.outOfRange) }
            try enter(token)
            _ = vacate(freed)
            Filled(refused: fill(indices, with: elements), reserved: first).write(to: &result)
            if reserved > 0 { count = first + reserved }
        case .look(let indices): look(at: indices).write(to: &result)
        case .seal(let token):
            try enter(token)
            floor = max(floor, count)
            count.write(to: &result)
        }
    }

    private mutating func enter(_ token: UInt64) throws(MethodFailure) {
        guard !fence.admits(token) else { return }
        throw MethodFailure(VectorFailure.fenced(by: fence.highest))
    }

    @specialized(where Element == String)
    private mutating func vacate(_ indices: [UInt64]) -> Int {
        indices.count { places.removeValue(forKey: $0) != nil }
    }

    /// Returns the places that may not be filled.
    @specialized(where Element == String)
    private mutating func fill(_ indices: [UInt64], with elements: [Element]) -> [UInt64] {
        var refused: [UInt64] = []
        for (index, element) in zip(indices, elements) {
            if index >= floor, index < count, places[index] == nil {
                places[index] = element
            } else {
                refused.append(index)
            }
        }
        return refused
    }

    /// What is at places, up to the first that holds an element.
    @specialized(where Element == String)
    private func look(at indices: [UInt64]) -> [Element?] {
        var found: [Element?] = []
        for index in indices {
            found.append(places[index])
            if places[index] != nil { break }
        }
        return found
    }
}

/// What came of filling and reserving places of a ``DVector``.
public struct Filled: BinaryCodable, Hashable, Sendable {
    /// The places that were not vacant, never reserved, or sealed.
    public let refused: [UInt64]
    /// The first of the places that are reserved now; where it would be, if there are none.
    public let reserved: UInt64

    /// Makes one.
    public init(refused: [UInt64], reserved: UInt64) {
        self.refused = refused
        self.reserved = reserved
    }

    /// Appends the refused places, and the first reserved one.
    public func write(to writer: inout Writer) {
        refused.write(to: &writer)
        reserved.write(to: &writer)
    }

    /// Reads the refused places, and the first reserved one.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Filled {
        Filled(refused: try .read(from: &reader), reserved: try .read(from: &reader))
    }
}

/// Why a vector refused a write, which changed nothing.
public enum VectorFailure: Error, Hashable, Sendable {
    /// A writer with this higher token was there: the caller's lock was given to somebody else.
    case fenced(by: UInt64)
    /// The index is not below 2^64 - 1.
    case outOfRange
}

extension UInt64 {
    func saturated(adding other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
