internal import ADO
internal import ADOObjects

/// Entries that are nearly calls: every server must refuse them alike, or carry them out alike.
///
/// Of what callers look at nothing is changed, because their histories would not explain it.
enum MalformedCall {
    static func draw(_ group: UInt64, _ random: inout Random) -> [UInt8] {
        let operation = operation(&random)
        let header = CallHeader(
            session: 1 + random.below(UInt64(3)), request: 1 + random.below(UInt64(8)),
            lowest: random.below(UInt64(4)), operation: operation)
        var bytes = header.encoded() + arguments(of: operation, group, &random)
        damage(&bytes, &random)
        return isVisible(bytes, group) ? Array(bytes.dropLast()) : bytes
    }

    private static func operation(_ random: inout Random) -> CallOperation {
        [.open, .open, .method, .method, .method, .settle, .create, .remove][random.below(8)]
    }

    private static func arguments(
        of operation: CallOperation, _ group: UInt64, _ random: inout Random
    ) -> [UInt8] {
        switch operation {
        case .method: method(group, &random)
        case .open: [[], ["a()", "b(Int)"].encoded(), random.bytes(6)][random.below(3)]
        case .settle, .create, .remove: random.bytes(random.below(2))
        }
    }

    private static func method(_ group: UInt64, _ random: inout Random) -> [UInt8] {
        if group % 2 == 0 {
            return random.chance(500) ? Counter.Method.add(0).encoded() : Operation.value.method
        }
        let key = "g\(random.below(3))"
        switch random.below(5) {
        case 0: return KeyValue.Method.get(key).encoded()
        case 1: return KeyValue.Method.remove(key).encoded()
        case 2: return KeyValue.Method.meta(key).encoded()
        case 3: return KeyValue.Method.count.encoded()
        default: return KeyValue.Method.set(key, to: "value").encoded()
        }
    }

    private static func damage(_ bytes: inout [UInt8], _ random: inout Random) {
        switch random.below(6) {
        case 0: bytes.removeLast(random.below(bytes.count))
        case 1: bytes[random.below(bytes.count)] ^= UInt8(1 + random.below(255))
        case 2: bytes += random.bytes(1 + random.below(3))
        case 3: bytes[CallHeader.size - 1] = UInt8(random.below(256))
        case 4 where random.chance(200):
            let number = [0, 1 << 62, (1 << 62) - 1, UInt64.max][random.below(4)]
            let at = 8 * random.below(3)
            bytes.replaceSubrange(at..<at + 8, with: withUnsafeBytes(of: number, Array.init))
        default: break
        }
    }

    /// Whether a caller might notice that these bytes were carried out.
    private static func isVisible(_ bytes: [UInt8], _ group: UInt64) -> Bool {
        let parts = try? Reader.read(bytes) { reader throws(DecodingFailure) in
            let header = try CallHeader.readSkippingOrigin(&reader)
            return (header, [UInt8](try reader.raw(reader.remaining)))
        }
        guard let (header, rest) = parts else { return false }
        switch header.operation {
        case .open, .settle: return false
        case .create, .remove: return rest.isEmpty
        case .method: return group % 2 == 0 ? adds(rest) : changesKeyOfCallers(rest)
        }
    }

    private static func adds(_ method: [UInt8]) -> Bool {
        guard case .add(let number) = try? Counter.Method.decoded(from: method) else {
            return false
        }
        return number != 0
    }

    private static func changesKeyOfCallers(_ method: [UInt8]) -> Bool {
        switch try? KeyValue.Method.decoded(from: method) {
        case .set(let key, to: _), .remove(let key): key.hasPrefix("k")
        default: false
        }
    }
}
