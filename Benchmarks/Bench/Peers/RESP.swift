/// One reply in the second version of the protocol of Redis, of the kinds that the load can get.
enum RESP: Equatable, Sendable {
    case simple(Range<Int>)
    case error(Range<Int>)
    case integer(Int64)
    /// Bytes, or nil for none.
    case bulk(Range<Int>?)

    /// A longer line is no answer to anything that is asked here.
    static let lineMax = 4096
    static let bulkMax = 1 << 20

    /// Reads one reply from `start` on.
    ///
    /// - Returns: the reply, whose ranges are in `bytes`, and where the next one starts; nil if it
    ///   is not complete.
    /// - Throws: if no bytes that follow could make it a reply.
    static func read(
        _ bytes: UnsafeRawBufferPointer, from start: Int
    ) throws(WireFailure) -> (reply: RESP, next: Int)? {
        guard start < bytes.count else { return nil }
        let kind = bytes[start]
        guard kinds.contains(kind) else {
            throw WireFailure(description: "a reply of Redis starts with the byte \(kind)")
        }
        guard let line = try line(bytes, from: start + 1) else { return nil }
        let next = line.upperBound + 2
        switch kind {
        case UInt8(ascii: "+"): return (.simple(line), next)
        case UInt8(ascii: "-"): return (.error(line), next)
        case UInt8(ascii: ":"): return (.integer(try number(bytes, line)), next)
        default: return try bulk(bytes, try number(bytes, line), from: next)
        }
    }

    private static let kinds = Array("+-:$".utf8)

    private static func bulk(
        _ bytes: UnsafeRawBufferPointer, _ count: Int64, from start: Int
    ) throws(WireFailure) -> (reply: RESP, next: Int)? {
        if count == -1 { return (.bulk(nil), start) }
        guard count >= 0, count <= Int64(bulkMax) else {
            throw WireFailure(description: "a reply of Redis has \(count) bytes")
        }
        let end = start + Int(count)
        guard end + 2 <= bytes.count else { return nil }
        guard bytes[end] == 13, bytes[end + 1] == 10 else {
            throw WireFailure(description: "a reply of Redis is longer than it says")
        }
        return (.bulk(start..<end), end + 2)
    }

    /// The line from `start` on, without its end; nil if that has not come.
    private static func line(
        _ bytes: UnsafeRawBufferPointer, from start: Int
    ) throws(WireFailure) -> Range<Int>? {
        let last = min(bytes.count, start + lineMax)
        guard let end = bytes[start..<last].firstIndex(of: 13) else {
            guard last < start + lineMax else {
                throw WireFailure(description: "a line of Redis has no end")
            }
            return nil
        }
        guard end + 1 < bytes.count else { return nil }
        guard bytes[end + 1] == 10 else {
            throw WireFailure(description: "a line of Redis ends in a half")
        }
        return start..<end
    }

    private static func number(
        _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>
    ) throws(WireFailure) -> Int64 {
        let text = String(decoding: bytes[line], as: UTF8.self)
        guard let number = Int64(text) else {
            throw WireFailure(description: "a number of Redis is \"\(text)\"")
        }
        return number
    }
}
