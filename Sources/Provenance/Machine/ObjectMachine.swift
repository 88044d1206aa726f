public import ADO

/// A replicated object as a machine: its methods are the inputs, encoded replies the outputs.
public struct ObjectMachine<Object: AtomicObject>: Machine {
    /// What a method gave back.
    public enum Reply: Hashable, Sendable {
        /// It returned these bytes.
        case returned([UInt8])
        /// It threw these bytes, and changed nothing.
        case threw([UInt8])
    }

    /// The state.
    public var object: Object

    /// Makes a machine in a state; by default the one before the first method.
    public init(_ object: Object = Object()) {
        self.object = object
    }

    /// Runs one method.
    public mutating func step(_ method: Object.Method) -> Reply {
        var result = Writer()
        do throws(MethodFailure) {
            try object.apply(method, result: &result)
            return .returned(result.bytes)
        } catch {
            return .threw(error.payload)
        }
    }

    /// What the method declares.
    public static func footprint(of method: Object.Method) -> Footprint { method.footprint }
}
