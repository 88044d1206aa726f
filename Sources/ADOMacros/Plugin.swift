#if Macros
import SwiftCompilerPlugin
import SwiftSyntaxMacros

@main
struct Plugin: CompilerPlugin {
    let providingMacros: [any Macro.Type] = [
        AtomicObjectMacro.self, NotReplicatedMacro.self, LoggedMacro.self, SpecializedMacro.self,
    ]
}
#else
/// What is built of the plugin where the trait `Macros` is off: nothing that anybody runs.
@main
struct Plugin {
    static func main() {}
}
#endif
