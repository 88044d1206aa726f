#if Macros
import SwiftSyntax

/// A struct with its methods and properties, as far as replication is concerned.
struct ObjectModel {
    let name: String
    let typeName: String
    /// `public `, `package ` or nothing: how visible what is generated must be.
    let access: String
    let methods: [Method]
    let properties: [Property]
    /// Stored properties that never change.
    let constants: Set<String>
    /// Names of methods and computed properties.
    let members: Set<String>
    /// What the declaration says by itself and must not be generated.
    let declared: Declared

    struct Declared: OptionSet {
        let rawValue: Int
        static let initializer = Declared(rawValue: 1)
        static let state = Declared(rawValue: 2)
        static let typeName = Declared(rawValue: 4)
    }
}

/// A stored property that changes.
struct Property {
    let name: String
    /// How the state spells it.
    let logged: String
    let pattern: PatternSyntax
    /// The spelling of the key's type, if it is a dictionary whose elements can be told apart.
    let key: String?
}

/// A method that can be called through the log.
struct Method {
    let declaration: FunctionDeclSyntax
    /// With backticks, if it needs them.
    let name: String
    let parameters: [Parameter]
    /// Nil if it returns nothing.
    let result: String?
    /// The type of what it throws.
    let failure: String?
    let access: String
    let isMutating: Bool
    /// Ways in which logs may hold it; the first is the one that is written.
    var forms: [Form]
}

/// A parameter of a method.
struct Parameter {
    let label: String
    let name: String
    let type: String
    /// The default, as a factory can spell it.
    let defaultValue: String?
}

/// A method with those of its arguments that an entry of the log holds.
///
/// An argument with a default may be younger than the entry: for each set of those that may be
/// missing there is a form of its own, which leaves the default to the method.
struct Form {
    let signature: String
    /// Which parameters the entry holds.
    let positions: [Int]
    /// The name of its case.
    var caseName = ""

    var tag: UInt32 { ADOMacros.tag(of: signature) }
}
#endif
