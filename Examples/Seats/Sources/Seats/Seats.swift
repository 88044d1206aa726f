import ADO

/// Why a seat cannot be had.
enum Refusal: UInt8, Error, BinaryCodable {
    case isTaken = 1
    case doesNotExist = 2
}

/// The seats of one performance, and who has them.
@AtomicObject
struct Seats {
    private var owners: [String: String] = [:]

    /// Books a seat; the same person may book it again.
    mutating func book(_ seat: String, for person: String) throws(Refusal) -> Int {
        guard Self.exists(seat) else { throw .doesNotExist }
        guard owners[seat, default: person] == person else { throw .isTaken }
        owners[seat] = person
        return owners.count
    }

    /// Gives a seat back; returns who had it.
    mutating func release(_ seat: String) -> String? { owners.removeValue(forKey: seat) }

    /// Who has a seat.
    func owner(of seat: String) -> String? { owners[seat] }

    /// The seats of a person, in order: a dictionary has none, and an answer must.
    func seats(of person: String) -> [String] {
        owners.filter { $0.value == person }.keys.sorted()
    }

    private static func exists(_ seat: String) -> Bool {
        let bytes = Array(seat.utf8)
        guard bytes.count == 2 else { return false }
        return (UInt8(ascii: "A")...UInt8(ascii: "H")).contains(bytes[0])
            && (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(bytes[1])
    }
}
