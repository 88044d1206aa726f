/// Why a replica of an object stopped, and at which entry of its log.
///
/// A stopped replica answers nothing any more, because its state may not be that of the others.
/// The entry, and those after it, are in the log all the same.
public struct Quarantine: Error, Sendable, Hashable, Codable {
    /// What keeps a replica from going on.
    public enum Cause: Sendable, Hashable, Codable {
        /// The log holds calls of this method, and the program has no such method, or lacks a case
        /// of an argument.
        case missingMethod(String)
        /// Replicas of the object came to different things, and nobody knows which is right.
        ///
        /// No replica goes on then, not even those that agree.
        case diverged(Divergence)
    }

    /// The entry that could not be applied, or that came to different things.
    public let index: UInt64

    /// Why it could not.
    public let cause: Cause

    /// Makes the reason why a replica stopped at `index`.
    public init(index: UInt64, cause: Cause) {
        self.index = index
        self.cause = cause
    }

    /// Makes the reason why all replicas stopped when two were found to differ.
    public init(_ divergence: Divergence) {
        self.init(index: divergence.index, cause: .diverged(divergence))
    }

    /// Where replicas differ, if that is the cause.
    public var divergence: Divergence? {
        guard case .diverged(let divergence) = cause else { return nil }
        return divergence
    }
}

extension Quarantine: CustomStringConvertible {
    /// What happened and what to do, as a sentence.
    public var description: String {
        switch cause {
        case .missingMethod(let name):
            """
            Entry \(index) of the log calls \(name), which this version of the type lacks, or with \
            a case of an argument that it lacks; run a version that has it.
            """
        case .diverged(let divergence):
            divergence.description
        }
    }
}

extension Quarantine: BinaryCodable {
    /// Appends the index, the number of the cause and what it names.
    public func write(to writer: inout Writer) {
        writer.varint(index)
        switch cause {
        case .missingMethod(let name):
            writer.u8(1)
            writer.string(name)
        case .diverged(let divergence):
            writer.u8(2)
            divergence.write(to: &writer)
        }
    }

    /// Reads a reason.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Quarantine {
        let index = try reader.varint()
        switch try reader.u8() {
        case 1: return Quarantine(index: index, cause: .missingMethod(try reader.string()))
        case 2: return Quarantine(index: index, cause: .diverged(try .read(from: &reader)))
        default: throw .malformed
        }
    }
}
