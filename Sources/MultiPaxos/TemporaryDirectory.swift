internal import Glibc

/// A directory of its own that somebody removes when done.
struct TemporaryDirectory: Sendable {
    let path: String

    init() throws(NodeError) {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/ado-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw NodeError(
                .system, "no temporary directory can be made in \(parent); set TMPDIR to another")
        }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    /// Removes it with everything in it.
    func remove() {
        Self.remove(path)
    }

    private static func remove(_ path: String) {
        for name in names(in: path) {
            let child = "\(path)/\(name)"
            // A directory cannot be unlinked.
            if unlink(child) != 0 { remove(child) }
        }
        rmdir(path)
    }

    private static func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
