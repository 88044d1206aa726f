/// A point of a log: an entry, and with it everything before.
public struct LogPoint: Hashable, Sendable {
    /// The index of the entry, from 1; 0 is the root.
    public let index: UInt64

    /// The ballot under which the entry was made.
    public let ballot: Ballot

    /// The checksum of the batch that ends here.
    ///
    /// It is a hash chain, so that equal checksums mean equal histories.
    public let checksum: UInt64

    /// Where every log begins.
    public static let root = LogPoint(index: 0, ballot: .none, checksum: 0)

    /// Makes a point.
    @inlinable
    public init(index: UInt64, ballot: Ballot, checksum: UInt64) {
        self.index = index
        self.ballot = ballot
        self.checksum = checksum
    }
}

extension LogPoint {
    /// Hashes the checksum, which is a hash of all the rest.
    @inlinable
    public func hash(into hasher: inout Hasher) {
        hasher.combine(checksum)
    }
}

extension LogPoint: CustomStringConvertible {
    /// The point as `index@ballot #checksum`; the root as `root`.
    public var description: String {
        if index == 0 { return "root" }
        return "\(index)@\(ballot) #\(String(checksum, radix: 16))"
    }
}
