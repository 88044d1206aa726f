/// Why bytes are not the encoding of a value.
public enum DecodingFailure: Error, Sendable, Hashable {
    /// The bytes end before the value does.
    case truncated

    /// The bytes are no encoding of the type: a flag that is no flag, text that is not UTF-8.
    case malformed

    /// This many bytes follow the value.
    case trailing(Int)

    /// No method has this tag.
    case unknownTag(UInt32)

    /// A value is a case that the type lacks, as one that a later version added.
    case unknownCase

    /// The state holds a property of this name, and the type does not.
    case unknownProperty(String)
}

extension DecodingFailure: CustomStringConvertible {
    /// The failure as a sentence.
    public var description: String {
        switch self {
        case .truncated:
            "The bytes end before the value does; check that the whole encoding arrived."
        case .malformed:
            "The bytes are not an encoding of this type; check that both sides use one version."
        case .trailing(let count):
            "\(count) bytes follow the value; check that both sides use one version."
        case .unknownTag(let tag):
            "No method has the tag \(tag); update the program that reads it."
        case .unknownCase:
            "A value is a case that this version of the type lacks; run a version that has it."
        case .unknownProperty(let name):
            "The state holds a property \(name), which this version of the type lacks; run a "
                + "version that has it."
        }
    }
}
