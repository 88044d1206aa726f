/// What one replica says its state is.
struct ReplicaDigest: Sendable, Equatable {
    var node: UInt64
    var index: UInt64
    var digest: UInt64

    /// The first node whose digest differs from the first node's at the same index, in a sentence;
    /// nil if all agree.
    static func disagreement(_ digests: [ReplicaDigest]) -> String? {
        guard let first = digests.first else { return "no replica told its digest" }
        guard
            let other = digests.first(where: {
                $0.index != first.index || $0.digest != first.digest
            })
        else { return nil }
        if other.index != first.index {
            return """
                node \(other.node) is at index \(other.index), node \(first.node) at \
                \(first.index)
                """
        }
        return """
            at index \(first.index) node \(other.node) has digest \
            \(String(other.digest, radix: 16)), node \(first.node) has \
            \(String(first.digest, radix: 16))
            """
    }
}
