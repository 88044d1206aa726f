/// Which object: its type's name and its own.
public struct ObjectName: Sendable, Hashable {
    /// The name of the type, as ``AtomicObject/typeName``.
    public let type: String

    /// The name of the object among those of its type.
    public let name: String

    /// Makes the name of an object.
    ///
    /// Neither part may hold a zero byte, and both together may take 255 bytes of UTF-8.
    public init(type: String, name: String) {
        precondition(
            !type.utf8.contains(0) && !name.utf8.contains(0),
            "the name of an object or of its type must not contain a zero byte")
        precondition(
            type.utf8.count + name.utf8.count <= Self.sizeMax,
            "the names of an object and of its type may take 255 bytes together")
        self.type = type
        self.name = name
    }

    /// Bytes that both names may take.
    public static let sizeMax = 255

    /// Whether two names have the same bytes: those decide which log it is.
    ///
    /// Strings are equal where they look the same; of two such names each has a log of its own.
    public static func == (left: ObjectName, right: ObjectName) -> Bool {
        left.type.utf8.elementsEqual(right.type.utf8)
            && left.name.utf8.elementsEqual(right.name.utf8)
    }

    /// Feeds the bytes that two names are compared by.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(description)
    }

    /// What identifies the object in a log: type, a zero byte, name.
    public var description: [UInt8] {
        Array(type.utf8) + [0] + Array(name.utf8)
    }
}
