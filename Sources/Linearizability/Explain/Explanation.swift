/// Why a history is not linearizable, and where to look.
public struct Explanation: Sendable, CustomStringConvertible {
    /// The key whose operations have no order; nil if the model has no keys.
    public let key: String?
    /// Which operation has no place, and why, in one sentence.
    public let sentence: String
    /// The longest order found, as positions in the history: it has a place for every operation
    /// that returned before ``unplaceable``'s first one.
    public let prefix: [Int]
    /// The operation that has no place after that, and the one, if any, whose place it would take:
    /// positions in the history.
    public let unplaceable: [Int]
    /// The operations that overlap the one without a place, and that one, as positions in the
    /// history, by time; all others came before or after it.
    public let window: [Int]

    let drawing: Drawing

    /// The window as text, with a lane for each client.
    public var text: String { TextDrawing(drawing).text }

    /// The window as one SVG image, readable on light and dark grounds.
    public var svg: String { VectorDrawing(drawing).svg }

    /// The sentence and the window as text.
    public var description: String { text }
}
