import ADO
import Glibc

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
    private let pattern: KeyPattern
    private let clients: UInt64

    init(
        keys count: Int, valueBytes: Int, preload: Int = 0, distribution: Distribution = .uniform,
        pattern: KeyPattern = .independent, clients: Int = 1
    ) {
        self.preload = preload
        self.pattern = pattern
        self.clients = UInt64(clients)
        zipfian = distribution == .zipfian ? Zipfian(count: count) : nil
        keys = (0..<count).map { Values.key($0) }
        self.valueBytes = valueBytes
    }

    /// The number that no other request of the run has; never zero.
    static func id(client: Int, request: UInt64) -> UInt64 {
        UInt64(client + 1) << 48 | request
    }

    /// The position of the key that a write uses: the same each time.
    func keyIndex(of id: UInt64) -> Int {
        let (client, request) = Self.parts(of: id)
        let preloaded = preloaded(by: client)
        if request <= preloaded { return Int(request - 1) % keys.count }
        guard pattern == .latest else { return spread(id) }
        return Int(((request - preloaded - 1) * clients + client) % UInt64(keys.count))
    }

    /// The position of the key that a read uses.
    func readKeyIndex(of id: UInt64) -> Int {
        let (client, read) = Self.parts(of: id)
        switch pattern {
        case .independent: return spread(id)
        case .latest:
            // Nineteen reads for each insertion, and all clients are equally far.
            let inserted = Int(read / 19 * clients % UInt64(keys.count))
            return (inserted + 2 * keys.count - 1 - spread(id)) % keys.count
        case .pairs:
            guard let write = writeAfter(read: read, preloaded: preloaded(by: client)) else {
                return spread(id)
            }
            return keyIndex(of: Self.id(client: Int(client), request: write))
        }
    }

    private func spread(_ id: UInt64) -> Int {
        zipfian?.rank(of: mixed(id)) ?? Int(mixed(id) % UInt64(keys.count))
    }

    private static func parts(of id: UInt64) -> (client: UInt64, request: UInt64) {
        ((id >> 48) &- 1, id & (1 << 48 - 1))
    }

    private func preloaded(by client: UInt64) -> UInt64 { client == 0 ? UInt64(preload) : 0 }

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

    /// The id of the request that wrote these bytes, which must be its value to the last one;
    /// `UInt64.max` if nobody wrote them.
    func writer(of value: UnsafeRawBufferPointer) -> UInt64 {
        guard value.count == valueBytes else { return .max }
        var id: UInt64 = 0
        for position in 0..<Self.idBytes {
            guard let digit = hexValue(value[position]) else { return .max }
            id = id << 4 | UInt64(digit)
        }
        let rest = UnsafeRawBufferPointer(rebasing: value[Self.idBytes...])
        return Self.isPadding(rest) ? id : .max
    }

    /// The writer of a value that was decoded.
    func writer(of value: String) -> UInt64 {
        var value = value
        return value.withUTF8 { writer(of: UnsafeRawBufferPointer($0)) }
    }

    /// The writer of the value in an encoded result; zero if there was none, and `UInt64.max` if
    /// it is no such result.
    func writer(in result: UnsafeRawBufferPointer) -> UInt64 {
        var reader = Reader(result)
        do {
            guard try Bool.read(from: &reader) else { return reader.remaining == 0 ? 0 : .max }
            let length = try reader.length()
            return length == reader.remaining ? writer(of: reader.rest) : .max
        } catch {
            return .max
        }
    }

    /// Whether `value` is what the request `id` writes, to the last byte.
    func isValue(_ value: String, of id: UInt64) -> Bool { writer(of: value) == id }

    /// Whether all bytes are the dots that fill a value.
    ///
    /// The first must be one, and each like the one before it: large values are judged by the
    /// gigabyte, in builds that are not optimised too.
    private static func isPadding(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let start = bytes.baseAddress, let first = bytes.first else { return true }
        return first == UInt8(ascii: ".") && memcmp(start, start + 1, bytes.count - 1) == 0
    }

    private static func key(_ index: Int) -> String {
        let digits = String(index)
        return "k" + String(repeating: "0", count: max(0, 7 - digits.count)) + digits
    }
}

/// Which keys the operations of a workload use.
enum KeyPattern: Sendable, Equatable {
    /// Each its own.
    case independent
    /// Writes go round all keys, as if the new one replaced the oldest, and reads use those that
    /// were written last most.
    case latest
    /// Every second read is followed by a write of the same key.
    case pairs
}

/// The write that follows a read of its key, where `preloaded` writes came before all reads; nil
/// of a read that nothing follows.
func writeAfter(read: UInt64, preloaded: UInt64) -> UInt64? {
    read % 2 == 1 ? preloaded + (read + 1) / 2 : nil
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
