public import ADO

/// A value that ``DVector`` and ``Queue`` hold.
///
/// The name is a part of the type's name in logs, so it must never change.
///
///     extension Point: StockElement {
///         static let elementName = "Point"
///     }
public protocol StockElement: BinaryCodable, Hashable {
    /// The name of the element's type in logs; it holds no zero byte.
    static var elementName: String { get }
}

extension String: StockElement {
    /// `String`.
    public static var elementName: String { "String" }
}

extension Int: StockElement {
    /// `Int`.
    public static var elementName: String { "Int" }
}

extension Array: StockElement where Element == UInt8 {
    /// `Bytes`.
    public static var elementName: String { "Bytes" }
}
