/// A machine of which recorded traces exist as files: calls by name, values as in JSON.
///
/// A method that cannot act changes nothing and replies false; a read of what is missing replies
/// null; lists are sorted.
public protocol TraceMachine: Machine where Input == TraceCall, Output == TraceValue {
    /// What files call the machine.
    static var object: String { get }

    /// Its methods.
    static var methods: [TraceMethod] { get }

    /// Makes the machine as it is before the first call.
    init()
}

/// A method of a machine: its name and what its arguments are.
public struct TraceMethod: Hashable, Sendable {
    /// What an argument may be.
    public enum Kind: String, Hashable, Sendable {
        /// Text: a key, a name, a path.
        case text
        /// A whole number.
        case number
        /// Anything.
        case value
    }

    /// The name.
    public let name: String

    /// The arguments in order.
    public let parameters: [Kind]

    /// Makes a method.
    public init(_ name: String, _ parameters: Kind...) {
        self.name = name
        self.parameters = parameters
    }

    var signature: String {
        "\(name)(\(parameters.map(\.rawValue).joined(separator: ", ")))"
    }

    func accepts(_ arguments: [TraceValue]) -> Bool {
        arguments.count == parameters.count
            && zip(parameters, arguments).allSatisfy { kind, argument in
                switch (kind, argument) {
                case (.value, _), (.text, .string), (.number, .int): true
                default: false
                }
            }
    }
}

/// A trace that cannot be replayed, and why.
public struct TraceFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// One sentence, with what would be right.
    public let description: String

    /// Makes a failure.
    public init(_ description: String) { self.description = description }
}

extension TraceMachine {
    /// Refuses a call that the machine has no method for.
    static func check(_ call: TraceCall, at place: String) throws(TraceFailure) {
        guard let method = methods.first(where: { $0.name == call.method }) else {
            throw TraceFailure(
                "\(place) calls \(call.method), which \(object) does not have; it has "
                    + methods.map(\.signature).joined(separator: ", "))
        }
        guard method.accepts(call.args) else {
            throw TraceFailure("\(place) is \(call), but the method is \(method.signature)")
        }
    }
}

extension TraceCall {
    /// The text at an argument that was checked to be one.
    func text(_ index: Int) -> String {
        guard case .string(let text) = args[index] else { return "" }
        return text
    }

    /// The number at an argument that was checked to be one.
    func number(_ index: Int) -> Int {
        guard case .int(let number) = args[index] else { return 0 }
        return number
    }
}
