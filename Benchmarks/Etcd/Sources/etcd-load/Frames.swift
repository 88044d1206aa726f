/// What `adobench` asks for.
///
/// Frames of little-endian numbers:
/// - a call: length of the rest (4), kind (1), number (8), length of the key (2), key, value;
/// - an answer: length of the rest (4), outcome (1), number (8), 1 if there is a value (1), value.
struct Call: Sendable {
    enum Kind: UInt8, Sendable {
        /// Writes the key; the answer has the value that it replaced.
        case put = 1
        /// A linearizable read.
        case get = 2
        /// Whether the member whose number, from 1, is the key leads: if so, in which term.
        case status = 3
    }

    var kind: Kind
    var id: UInt64
    var key: [UInt8]
    var value: [UInt8]

    static let lengthMax = 1 << 21

    /// Takes a call from `bytes` at `position`.
    ///
    /// - Returns: nil if it is not complete.
    /// - Throws: if no bytes that follow could make it a call.
    static func take(
        from bytes: [UInt8], at position: inout Int
    ) throws(FrameFailure) -> Call? {
        guard bytes.count - position >= 4 else { return nil }
        let length = Int(number(bytes[position..<position + 4]))
        guard length >= 11, length <= lengthMax else { throw FrameFailure() }
        let end = position + 4 + length
        guard end <= bytes.count else { return nil }
        let keySize = Int(number(bytes[position + 13..<position + 15]))
        let key = position + 15
        guard let kind = Kind(rawValue: bytes[position + 4]), key + keySize <= end else {
            throw FrameFailure()
        }
        let call = Call(
            kind: kind, id: number(bytes[position + 5..<position + 13]),
            key: Array(bytes[key..<key + keySize]), value: Array(bytes[key + keySize..<end]))
        position = end
        return call
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// The bytes are no call.
struct FrameFailure: Error {}

struct Answer: Sendable {
    enum Outcome: UInt8, Sendable {
        case done = 0
        /// Certainly not done.
        case refused = 1
        /// Done or not done.
        case unknown = 2
    }

    var outcome: Outcome
    var id: UInt64
    var value: [UInt8]?

    func append(to output: inout [UInt8]) {
        let length = UInt32(10 + (value?.count ?? 0))
        withUnsafeBytes(of: length.littleEndian) { output.append(contentsOf: $0) }
        output.append(outcome.rawValue)
        withUnsafeBytes(of: id.littleEndian) { output.append(contentsOf: $0) }
        output.append(value == nil ? 0 : 1)
        output.append(contentsOf: value ?? [])
    }
}
