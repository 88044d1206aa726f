/// What the load and the process that speaks gRPC for it tell each other.
///
/// Frames of little-endian numbers:
/// - a call: length of the rest (4), kind (1), number (8), length of the key (2), key, value;
/// - an answer: length of the rest (4), outcome (1), number (8), 1 if there is a value (1), value.
///
/// Answers come in any order.
struct EtcdWire: PeerWire {
    enum Kind: UInt8, Sendable {
        case put = 1
        case get = 2
        /// Asks the server whose number is the key for its term, and whether it leads.
        case status = 3
    }

    static let frameMax = 1 << 21
    private static let headSize = 4 + 1 + 8 + 1

    private let values: Values
    private let keepsValues: Bool
    /// Twice the number, and one more for reads.
    private var pending: Set<UInt64> = []

    init(_ values: Values, keepsValues: Bool = false) {
        self.values = values
        self.keepsValues = keepsValues
    }

    mutating func begin() { pending.removeAll() }

    mutating func append(_ call: PeerCall, to output: inout [UInt8]) {
        let id = call.number << 1 | (call.isRead ? 1 : 0)
        pending.insert(id)
        Self.frame(call.isRead ? .get : .put, id, key: call.key, call.value ?? "", to: &output)
    }

    mutating func endBatch(to output: inout [UInt8]) {}

    mutating func take(from input: inout [UInt8]) throws(WireFailure) -> [PeerReply] {
        var replies: [PeerReply] = []
        var position = 0
        while let answer = try Self.answer(input, from: position) {
            replies.append(try settle(answer, input))
            position = answer.next
        }
        input.removeFirst(position)
        return replies
    }

    mutating func abandon() -> [PeerReply] {
        defer { pending.removeAll() }
        return pending.map { .lost($0 >> 1, isRead: $0 & 1 == 1) }
    }

    static func frame(
        _ kind: Kind, _ id: UInt64, key: String, _ value: String, to output: inout [UInt8]
    ) {
        append(UInt32(1 + 8 + 2 + key.utf8.count + value.utf8.count), to: &output)
        output.append(kind.rawValue)
        append(id, to: &output)
        append(UInt16(key.utf8.count), to: &output)
        output.append(contentsOf: key.utf8)
        output.append(contentsOf: value.utf8)
    }

    private static func append<T: FixedWidthInteger>(_ number: T, to output: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { output.append(contentsOf: $0) }
    }
}

// MARK: - Answers

extension EtcdWire {
    struct Frame: Equatable, Sendable {
        var outcome: Answer
        var id: UInt64
        var value: Range<Int>?
        var next: Int
    }

    /// Reads one answer from `start` on; nil if it is not complete.
    static func answer(
        _ bytes: [UInt8], from start: Int
    ) throws(WireFailure) -> Frame? {
        guard bytes.count - start >= 4 else { return nil }
        let length = Int(number(bytes[start..<start + 4]))
        guard length >= headSize - 4, length <= frameMax else {
            throw WireFailure(description: "an answer has \(length) bytes")
        }
        let next = start + 4 + length
        guard next <= bytes.count else { return nil }
        let outcomes: [Answer] = [.done, .refused, .forgotten]
        guard bytes[start + 4] < outcomes.count, bytes[start + 13] <= 1 else {
            throw WireFailure(description: "an answer has the outcome \(bytes[start + 4])")
        }
        let hasValue = bytes[start + 13] == 1
        return Frame(
            outcome: outcomes[Int(bytes[start + 4])], id: number(bytes[start + 5..<start + 13]),
            value: hasValue ? start + headSize..<next : nil, next: next)
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private mutating func settle(
        _ frame: Frame, _ bytes: [UInt8]
    ) throws(WireFailure) -> PeerReply {
        guard pending.remove(frame.id) != nil else {
            throw WireFailure(description: "an answer is to call \(frame.id), which is not open")
        }
        var reply = PeerReply(
            number: frame.id >> 1, isRead: frame.id & 1 == 1, answer: frame.outcome)
        if reply.isRead && reply.answer != .done { reply.answer = .refused }
        guard reply.answer == .done, let range = frame.value else { return reply }
        reply.witness = bytes[range].withUnsafeBytes { values.writer(of: $0) }
        if keepsValues { reply.value = Array(bytes[range]) }
        return reply
    }
}
