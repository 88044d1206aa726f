/// Which key a request uses and what it writes: functions of its number, so that the audit can
/// compute them again and nothing has to be remembered.
///
/// A value starts with the sixteen hexadecimal digits of its writer's id. No two requests of a
/// run have the same id, so a value names the one request that wrote it.
struct Values: Sendable {
    static let idBytes = 16

    let keys: [String]
    let valueBytes: Int

    /// The first so many requests of the first client write one key each, in order.
    let preload: Int

    /// Nil where all keys are used as often.
    private let zipfian: Zipfian?

    init(
        keys count: Int, valueBytes: Int, preload: Int = 0, distribution: Distribution = .uniform
    ) {
        self.preload = preload
        zipfian = distribution == .zipfian ? Zipfian(count: count) : nil
        keys = (0..<count).map { Values.key($0) }
        self.valueBytes = valueBytes
    }

    /// The number that no other request of the run has; never zero.
    static func id(client: Int, request: UInt64) -> UInt64 {
        UInt64(client + 1) << 48 | request
    }

    /// The position of the key that a request uses: the same each time.
    func keyIndex(of id: UInt64) -> Int {
        let first = Self.id(client: 0, request: 1)
        if id >= first, id - first < UInt64(preload) { return Int(id - first) % keys.count }
        return zipfian?.rank(of: mixed(id)) ?? Int(mixed(id) % UInt64(keys.count))
    }

    /// What the request `id` writes.
    func value(of id: UInt64) -> String {
        String(unsafeUninitializedCapacity: valueBytes) { buffer in
            for position in 0..<Self.idBytes {
                buffer[position] = hexDigit(
                    UInt8(truncatingIfNeeded: id >> (60 - 4 * position)) & 15)
            }
            for position in Self.idBytes..<valueBytes { buffer[position] = UInt8(ascii: ".") }
            return valueBytes
        }
    }

    /// The id that the last `valueBytes` bytes of an encoded result start with; zero if the result
    /// is too short to hold a value, which is how "no previous value" looks; `UInt64.max` if what
    /// is there was written by nobody.
    func writer(in result: UnsafeRawBufferPointer) -> UInt64 {
        guard result.count >= valueBytes else { return 0 }
        let start = result.count - valueBytes
        var id: UInt64 = 0
        for position in start..<start + Self.idBytes {
            guard let digit = hexValue(result[position]) else { return .max }
            id = id << 4 | UInt64(digit)
        }
        return id
    }

    /// The writer of a value that was decoded.
    func writer(of value: String) -> UInt64 {
        var value = value
        return value.withUTF8 { writer(in: UnsafeRawBufferPointer($0)) }
    }

    /// Whether `value` is what the request `id` writes, to the last byte.
    func isValue(_ value: String, of id: UInt64) -> Bool {
        var value = value
        return value.withUTF8 { bytes in
            bytes.count == valueBytes && writer(in: UnsafeRawBufferPointer(bytes)) == id
                && bytes[Self.idBytes...].allSatisfy { $0 == UInt8(ascii: ".") }
        }
    }

    private static func key(_ index: Int) -> String {
        let digits = String(index)
        return "k" + String(repeating: "0", count: max(0, 7 - digits.count)) + digits
    }
}

private func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
}

private func hexValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    default: nil
    }
}
