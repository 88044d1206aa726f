public import ADO

extension MetaVector {
    /// What a meta vector can be asked to do.
    public enum Method: ObjectMethod, Hashable {
        /// Learns which places are filled, and then leads keys to places.
        case point([MetaPointer], filled: [UInt64])
        /// Learns that of the places from one to before another, which are sealed, these are
        /// filled, and the others never will be.
        case sort(from: UInt64, to: UInt64, filled: [UInt64])
        /// Removes a key if something is settled of it, and returns where it led.
        case drop(String, hash: UInt64)
        /// Returns where a key leads.
        case leads(String, hash: UInt64)
        /// Accepts no index below this any more.
        case seal(UInt64)

        /// True for `leads`.
        public var isReadOnly: Bool {
            switch self {
            case .point, .sort, .drop, .seal: false
            case .leads: true
            }
        }
    }
}

/// What came of pointing keys to places.
public struct Pointed: Hashable, Sendable {
    /// To how many older places each key leads as well.
    public let older: [Int]
    /// Places that nothing leads to any more, of what was learned to be filled.
    public let freed: [UInt64]

    /// Makes one.
    public init(older: [Int], freed: [UInt64]) {
        self.older = older
        self.freed = freed
    }
}

// MARK: - Encoding

extension MetaVector.Method: BinaryCodable {
    /// Appends a tag, 1 to 5, and the arguments.
    public func write(to writer: inout Writer) {
        switch self {
        case .point(let pointers, let filled):
            writer.u8(1)
            pointers.write(to: &writer)
            filled.write(to: &writer)
        case .drop(let key, let hash):
            writer.u8(2)
            writer.string(key)
            hash.write(to: &writer)
        case .leads(let key, let hash):
            writer.u8(3)
            writer.string(key)
            hash.write(to: &writer)
        case .seal(let floor):
            writer.u8(4)
            floor.write(to: &writer)
        case .sort(let first, let end, let filled):
            writer.u8(5)
            first.write(to: &writer)
            end.write(to: &writer)
            filled.write(to: &writer)
        }
    }

    /// Reads a tag and the arguments.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Self {
        switch try reader.u8() {
        case 1:
            return .point(try .read(from: &reader), filled: try .read(from: &reader))
        case 2: return .drop(try reader.string(), hash: try .read(from: &reader))
        case 3: return .leads(try reader.string(), hash: try .read(from: &reader))
        case 4: return .seal(try .read(from: &reader))
        case 5:
            return .sort(
                from: try .read(from: &reader), to: try .read(from: &reader),
                filled: try .read(from: &reader))
        case let tag: throw .unknownTag(UInt32(tag))
        }
    }
}

extension Pointed: BinaryCodable {
    /// Appends the counts and the places.
    public func write(to writer: inout Writer) {
        older.write(to: &writer)
        freed.write(to: &writer)
    }

    /// Reads the counts and the places.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Pointed {
        Pointed(older: try .read(from: &reader), freed: try .read(from: &reader))
    }
}

// MARK: - Calls

extension Call where Object == MetaVector, Result == Pointed {
    /// Learns which places are filled, and then leads keys to places, one after the other.
    public static func point(_ pointers: [MetaPointer], filled: [UInt64] = []) -> Self {
        Self(.point(pointers, filled: filled))
    }
}

extension Call where Object == MetaVector, Result == [UInt64] {
    /// Learns that of the places from `first` to before `end` these are filled, and the others
    /// never will be; returns those that nothing leads to.
    ///
    /// It looks at none that is not sealed.
    public static func sort(from first: UInt64, to end: UInt64, filled: [UInt64]) -> Self {
        Self(.sort(from: first, to: end, filled: filled))
    }
}

extension Call where Object == MetaVector, Result == MetaLeads? {
    /// Removes a key, unless all that it leads to is pending, and returns where it led.
    public static func drop(_ key: String, hash: UInt64) -> Self { Self(.drop(key, hash: hash)) }

    /// Returns where a key leads.
    public static func leads(_ key: String, hash: UInt64) -> Self { Self(.leads(key, hash: hash)) }
}

extension Call where Object == MetaVector, Result == Nothing {
    /// Accepts no index below this any more.
    public static func seal(_ floor: UInt64) -> Self { Self(.seal(floor)) }
}
