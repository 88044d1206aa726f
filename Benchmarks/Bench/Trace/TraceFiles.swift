/// Where the nodes of a run wrote what they did.
enum TraceFiles: Sendable {
    /// Each node with its file; 0 is the generator, where it owned the object.
    case files([(node: UInt64, path: String)])
    /// In files that were judged with another object's log: they are of all objects.
    case judgedBefore
    /// Nowhere, and why.
    case none(String)

    /// The name of the generator among the nodes.
    static let generator = "generator"
}
