public import ADO
internal import HashTreeCollections

extension DVector {
    /// Appends the fence, the count, the floor, and the elements in the order of their indices.
    public func writeState(to writer: inout Writer) {
        fence.write(to: &writer)
        count.write(to: &writer)
        floor.write(to: &writer)
        writer.varint(UInt64(occupiedCount))
        for (index, element) in elements {
            index.write(to: &writer)
            element.write(to: &writer)
        }
    }

    /// Reads a vector whose indices rise, below the count.
    public static func readState(from reader: inout Reader) throws(DecodingFailure) -> DVector {
        let fence = try Fence.read(from: &reader)
        let count = try UInt64.read(from: &reader)
        let floor = try UInt64.read(from: &reader)
        var places: TreeDictionary<UInt64, Element> = [:]
        var next: UInt64 = 0
        for _ in 0..<(try reader.length()) {
            let index = try UInt64.read(from: &reader)
            guard index >= next, index < count else { throw .malformed }
            places[index] = try Element.read(from: &reader)
            next = index + 1
        }
        return DVector(count: count, floor: floor, places: places, fence: fence)
    }
}

extension VectorFailure: BinaryCodable {
    /// Appends a tag, 1 or 2, and the token.
    public func write(to writer: inout Writer) {
        switch self {
        case .fenced(let token):
            writer.u8(1)
            token.write(to: &writer)
        case .outOfRange:
            writer.u8(2)
        }
    }

    /// Reads a tag and the token.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> VectorFailure {
        switch try reader.u8() {
        case 1: return .fenced(by: try .read(from: &reader))
        case 2: return .outOfRange
        case let tag: throw .unknownTag(UInt32(tag))
        }
    }
}
