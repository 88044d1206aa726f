internal import ADO
internal import ADOApps
internal import ADOObjects

/// Which entry of which object is asked about: `settings@123`, or `KeyValue/settings@123` where
/// objects of two types have the name; or what a key would be read as after it, of a store too, by
/// the store's name.
public struct LogQuestion: Hashable, Sendable {
    let type: String?
    let name: String
    /// Nil for the end of what is committed.
    let index: UInt64?
    /// Nil for the reply of the entry itself.
    let key: String?

    /// Reads it from a command line; without a key the index is needed.
    public init(_ text: String, key: String? = nil) throws(Failure) {
        let at = text.lastIndex(of: "@")
        let object = at.map { text[..<$0] } ?? text[...]
        index = at.flatMap { UInt64(text[text.index(after: $0)...]) }
        guard !object.isEmpty, at == nil ? key != nil : index ?? 0 >= 1 else {
            throw Failure(
                "'\(text)' is no entry; write object@index, for instance settings@123, or object "
                    + "--get key",
                status: Failure.usage)
        }
        self.key = key
        let parts = object.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        type = parts.count == 2 ? String(parts[0]) : nil
        name = String(parts.last ?? object)
    }

    /// The one object that the question is about, among those that the servers know.
    func object(among objects: [ObjectReport]) throws(Failure) -> ObjectName {
        let found = objects.filter { $0.name == name && (type == nil || $0.type == type) }
        if found.count > 1 {
            let names = found.map { "\($0.type)/\($0.name)" }.joined(separator: ", ")
            throw Failure(
                "'\(name)' may be any of \(names); write the type too", status: Failure.usage)
        }
        guard let object = found.first ?? store(among: objects), !object.type.isEmpty else {
            throw Failure(
                "no server knows an object '\(name)'; 'adoctl status' lists those it knows")
        }
        return ObjectName(type: object.type, name: object.name)
    }

    /// The meta vector of the store of that name, where the keys of a store are.
    private func store(among objects: [ObjectReport]) -> ObjectReport? {
        guard key != nil else { return nil }
        let types = [
            "KVLock": DVector<MetaBucket>.typeName, "KVLockFree": MetaVector.typeName,
        ]
        return objects.first { object in
            object.name == name + ".meta"
                && types.contains { $0.value == object.type && (type ?? $0.key) == $0.key }
        }
    }
}
