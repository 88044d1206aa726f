public import ADO

/// An object that is generic over its elements and can be asked for their count.
///
/// A call of a generic object cannot be a property of an extension for one type; of this protocol
/// it can, so that `.count` reads alike for every object.
public protocol CountedObject: AtomicObject {
    /// What a count is.
    associatedtype Count: BinaryCodable

    /// The method that returns it.
    static var countMethod: Method { get }
}

extension Call where Object: CountedObject, Result == Object.Count {
    /// Returns the count.
    public static var count: Self { Self(Object.countMethod) }
}
