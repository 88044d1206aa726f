import ADO
import Foundation

/// One pattern, any number of times: a state that is small in memory and large when encoded, so
/// that the memory which a process takes for the encoded bytes can be seen.
struct Wallpaper: AtomicObject {
    enum Method: ObjectMethod {
        /// From now on the pattern is written so many times.
        case hang(Int)
        /// Makes the log longer, and changes nothing.
        case pad([UInt8])

        var isReadOnly: Bool { false }

        func write(to writer: inout Writer) {
            switch self {
            case .hang(let rolls):
                writer.u8(1)
                rolls.write(to: &writer)
            case .pad(let bytes):
                writer.u8(2)
                writer.bytes(bytes)
            }
        }

        static func read(from reader: inout Reader) throws(DecodingFailure) -> Method {
            switch try reader.u8() {
            case 1: .hang(try .read(from: &reader))
            case 2: .pad(try reader.byteArray())
            case let tag: throw .unknownTag(UInt32(tag))
            }
        }
    }

    static let typeName = "Wallpaper"
    static let named = ObjectName(type: typeName, name: "wall")
    static let pattern = (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 5) }

    private(set) var rolls = 0

    mutating func apply(_ method: Method, result: inout Writer) throws(MethodFailure) {
        if case .hang(let rolls) = method { self.rolls = rolls }
        rolls.write(to: &result)
    }

    func writeState(to writer: inout Writer) {
        rolls.write(to: &writer)
        for _ in 0..<rolls { writer.raw(Self.pattern) }
    }

    static func readState(from reader: inout Reader) throws(DecodingFailure) -> Wallpaper {
        let wall = Wallpaper(rolls: try .read(from: &reader))
        for _ in 0..<wall.rolls {
            let roll = try reader.raw(pattern.count)
            guard memcmp(roll.baseAddress!, pattern, pattern.count) == 0 else { throw .malformed }
        }
        return wall
    }

    /// Rolls that are so many bytes when they are encoded.
    static func rolls(bytes: Int) -> Int { bytes / pattern.count }
}

extension Call where Object == Wallpaper, Result == Int {
    static func hang(_ rolls: Int) -> Self { Self(.hang(rolls)) }
    static func pad(_ count: Int) -> Self { Self(.pad([UInt8](repeating: 7, count: count))) }
}
