#if Macros
/// Makes a struct a replicated object.
///
///     @AtomicObject
///     struct Settings {
///         var values: [String: String] = [:]
///
///         mutating func set(_ key: String, to value: String) -> String? {
///             values.updateValue(value, forKey: key)
///         }
///
///         func get(_ key: String) -> String? { values[key] }
///     }
///
///     let old = try settings.invoke(.set("mode", to: "safe"))         // String?
///     let mode = try await settings.call(.get("mode"))                // String?
///
/// The methods of the object are the methods that the struct's own braces hold, unless they are
/// private or marked ``NotReplicated()``. Those that do not mutate only read. Arguments, results,
/// errors (`throws(SomeError)`) and stored properties are ``BinaryCodable``. A method that throws
/// changes nothing: the object is put back to what it was before.
///
/// **What a log holds of a method** is its name, its labels and the spelling of its arguments'
/// types. So methods may be moved and added, and an argument with a default may be added; entries
/// from before mean the default. To rename a method or a type keep the old signature with
/// ``Logged(as:)``. A log that holds a method which is gone is refused by that method's name.
///
/// **How an object begins** is said by its `init()`. A struct that has none without arguments, and
/// is public or has another `init`, gets one, for which every stored property needs a value.
///
/// **What a snapshot holds** is the stored properties by their names. One may be added, and has its
/// initial value in snapshots from before. Constants are not held.
///
/// - Parameter typeName: The name of the type in logs, which must never change; by default the
///   struct's own.
@attached(
    member, names: named(typeName), named(Method), named(MethodCall), named(Invocation),
    named(Calling), named(apply), named(writeState), named(readState), named(init))
@attached(extension, conformances: DerivedObject)
public macro AtomicObject(_ typeName: String? = nil) =
    #externalMacro(module: "ADOMacros", type: "AtomicObjectMacro")

/// Keeps a method of an ``AtomicObject(_:)`` out of its log: it is the program's own.
@attached(peer)
public macro NotReplicated() = #externalMacro(module: "ADOMacros", type: "NotReplicatedMacro")

/// Says how logs spell a method, or snapshots a property, if that is not as the source does.
///
///     @Logged(as: "put(_: String, at: String)")
///     mutating func set(_ value: String, for key: String) { … }
///
/// Use it to rename what logs hold already: the signature is what the old source said, its labels
/// and types included.
@attached(peer)
public macro Logged(as signature: String) =
    #externalMacro(module: "ADOMacros", type: "LoggedMacro")

/// Makes a generic method one method for each of these types.
///
///     @Specialized(for: Int.self, String.self)
///     mutating func add<Value: BinaryCodable>(_ value: Value) { … }
///
/// A log is read without its callers, so the types that a generic method can be called with are a
/// fixed list.
@attached(peer)
public macro Specialized(for types: any BinaryCodable.Type...) =
    #externalMacro(module: "ADOMacros", type: "SpecializedMacro")
#endif
