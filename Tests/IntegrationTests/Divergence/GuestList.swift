import ADO
import Foundation

/// Guests in a set, whose order each process makes up for itself.
struct GuestList: AtomicObject {
    enum Method: ObjectMethod {
        case invite(String)
        /// Answers the guests as they come out of the set.
        case announce
        /// Keeps the time of the replica's clock, and answers nothing of it.
        case stamp

        var isReadOnly: Bool { false }

        func write(to writer: inout Writer) {
            switch self {
            case .invite(let guest):
                writer.u8(1)
                writer.string(guest)
            case .announce: writer.u8(2)
            case .stamp: writer.u8(3)
            }
        }

        static func read(from reader: inout Reader) throws(DecodingFailure) -> Method {
            switch try reader.u8() {
            case 1: .invite(try reader.string())
            case 2: .announce
            case 3: .stamp
            case let tag: throw .unknownTag(UInt32(tag))
            }
        }
    }

    static let typeName = "GuestList"

    var guests: Set<String> = []
    var stamp = 0

    mutating func apply(_ method: Method, result: inout Writer) throws(MethodFailure) {
        switch method {
        case .invite(let guest):
            guests.insert(guest)
            "\(guests.count)".write(to: &result)
        case .announce: guests.joined(separator: ", ").write(to: &result)
        case .stamp:
            stamp = Int(Date().timeIntervalSince1970 * 1e6)
            "stamped".write(to: &result)
        }
    }

    func writeState(to writer: inout Writer) {
        guests.sorted().write(to: &writer)
        stamp.write(to: &writer)
    }

    static func readState(from reader: inout Reader) throws(DecodingFailure) -> GuestList {
        GuestList(
            guests: Set(try [String].read(from: &reader)), stamp: try .read(from: &reader))
    }
}

extension Call where Object == GuestList, Result == String {
    static func invite(_ guest: String) -> Self { Self(.invite(guest)) }
    static var announce: Self { Self(.announce) }
    static var stamp: Self { Self(.stamp) }
}
