/// Whether replicas of a group that applied equally much are equal, by digests of their states.
public struct Digests: Sendable {
    private var first: [UInt64: (digest: UInt64, node: UInt64)] = [:]

    /// Makes a checker that has seen nothing.
    public init() {}

    /// The state of `node` after the entry at `index` has this digest.
    public mutating func add(node: UInt64, index: UInt64, digest: UInt64) -> Violation? {
        guard let (other, holder) = first[index] else {
            first[index] = (digest, node)
            return nil
        }
        guard other != digest else { return nil }
        let (one, two) = (String(other, radix: 16), String(digest, radix: 16))
        return Violation(
            rule: "equal states",
            explanation: "after \(index) the state is #\(one) on \(holder), but #\(two) on \(node)")
    }
}
