#if Macros
import ADO

@AtomicObject
struct Settings {
    var values: [String: String] = [:]

    /// Sets a key and returns the value before.
    mutating func set(_ key: String, to value: String) -> String? {
        values.updateValue(value, forKey: key)
    }

    func get(_ key: String) -> String? { values[key] }
}
#endif
