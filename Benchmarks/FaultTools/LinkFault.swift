/// What is wrong with one direction of a link.
///
/// A link carries TCP, so that bytes are never lost in the middle: what a network would drop is
/// sent again when it works, and until then it waits here, as it would in the sender's kernel.
public struct LinkFault: Sendable, Hashable {
    /// Nothing arrives, and nobody is told: neither new bytes, nor that the other side closed.
    public var isSilent = false

    /// How much later each byte arrives.
    public var delay: Duration = .zero

    /// The most that arrives in a second; nil is as much as there is.
    public var bytesPerSecond: Int?

    /// Creates a fault; without arguments there is none.
    public init(isSilent: Bool = false, delay: Duration = .zero, bytesPerSecond: Int? = nil) {
        self.isSilent = isSilent
        self.delay = delay
        self.bytesPerSecond = bytesPerSecond
    }

    /// Everything arrives, at once.
    public static let none = LinkFault()

    /// Nothing arrives.
    public static let silence = LinkFault(isSilent: true)

    /// Everything arrives later.
    public static func delay(_ duration: Duration) -> LinkFault { LinkFault(delay: duration) }

    /// Everything arrives slowly.
    public static func throttle(bytesPerSecond: Int) -> LinkFault {
        LinkFault(bytesPerSecond: bytesPerSecond)
    }
}

/// The two directions of a link.
public enum LinkDirection: Sendable, Hashable, CaseIterable {
    /// From the side that connected to the side that listens.
    case there
    /// From the side that listens to the side that connected.
    case back
}
