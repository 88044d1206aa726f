public import ADO

/// What a resource manager tells a transaction manager that enrolls.
public enum Enrolment: Sendable, Hashable {
    /// It is the one from now on: what is undecided, and the last decisions, the oldest first.
    case enrolled(undecided: [TransactionID], recent: [Decided])
    /// A later one has enrolled.
    case fenced(by: Epoch)
}

/// The vote of a resource manager.
public enum Vote: Sendable, Hashable {
    /// Why a resource manager votes no.
    public enum Objection: Sendable, Hashable {
        /// An undecided transaction has changes of this resource.
        case locked(String)
        /// This quantity would become negative, or too large.
        case insufficient(String)
        /// The transaction was refused, decided or overtaken before.
        case late
    }

    /// The changes can be made, and nobody else can come between.
    case yes
    /// They cannot.
    case no(Objection)
    /// A later transaction manager has enrolled.
    case fenced(by: Epoch)
}

/// What came of a decision.
public enum Ruling: Sendable, Hashable {
    /// This is what was decided, now or before.
    case decided(Decision)
    /// The transaction was not prepared here, and never will be.
    case unknown
    /// A later transaction manager has enrolled.
    case fenced(by: Epoch)
}

extension Enrolment: BinaryCodable {
    /// Appends a tag, 1 or 2, and what it holds.
    public func write(to writer: inout Writer) {
        switch self {
        case .enrolled(let undecided, let recent):
            writer.u8(1)
            undecided.write(to: &writer)
            recent.write(to: &writer)
        case .fenced(let epoch):
            writer.u8(2)
            epoch.write(to: &writer)
        }
    }

    /// Reads a tag and what it holds.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Enrolment {
        switch try reader.u8() {
        case 1:
            return .enrolled(
                undecided: try .read(from: &reader), recent: try .read(from: &reader))
        case 2: return .fenced(by: try .read(from: &reader))
        case let tag: throw .unknownTag(UInt32(tag))
        }
    }
}

extension Vote: BinaryCodable {
    /// Appends a tag, 1 to 5, and what it holds.
    public func write(to writer: inout Writer) {
        switch self {
        case .yes: writer.u8(1)
        case .no(.locked(let resource)):
            writer.u8(2)
            writer.string(resource)
        case .no(.insufficient(let resource)):
            writer.u8(3)
            writer.string(resource)
        case .no(.late): writer.u8(4)
        case .fenced(let epoch):
            writer.u8(5)
            epoch.write(to: &writer)
        }
    }

    /// Reads a tag and what it holds.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Vote {
        switch try reader.u8() {
        case 1: return .yes
        case 2: return .no(.locked(try reader.string()))
        case 3: return .no(.insufficient(try reader.string()))
        case 4: return .no(.late)
        case 5: return .fenced(by: try .read(from: &reader))
        case let tag: throw .unknownTag(UInt32(tag))
        }
    }
}

extension Ruling: BinaryCodable {
    /// Appends a tag, 1 to 3, and what it holds.
    public func write(to writer: inout Writer) {
        switch self {
        case .decided(let decision):
            writer.u8(1)
            decision.write(to: &writer)
        case .unknown: writer.u8(2)
        case .fenced(let epoch):
            writer.u8(3)
            epoch.write(to: &writer)
        }
    }

    /// Reads a tag and what it holds.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Ruling {
        switch try reader.u8() {
        case 1: return .decided(try .read(from: &reader))
        case 2: return .unknown
        case 3: return .fenced(by: try .read(from: &reader))
        case let tag: throw .unknownTag(UInt32(tag))
        }
    }
}
