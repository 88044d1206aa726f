import Foundation

/// A report as a file.
enum JSONFile {
    /// - Parameter isCompact: Without space for a reader.
    static func data(_ value: some Encodable, isCompact: Bool = false) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if !isCompact { encoder.outputFormatting.insert(.prettyPrinted) }
        return try encoder.encode(value) + Data("\n".utf8)
    }

    /// Writes the file whole or not at all.
    static func write(
        _ value: some Encodable, to path: String, isCompact: Bool = false
    ) throws(BenchError) {
        do {
            try data(value, isCompact: isCompact).write(
                to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw BenchError("cannot write \(path): choose another file.")
        }
    }

    /// Reads a file that `write` has written.
    static func read<Value: Decodable>(
        _ type: Value.Type, from path: String
    ) throws(BenchError) -> Value {
        do {
            return try JSONDecoder().decode(
                type, from: Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw BenchError(
                "\(path) is not a file that this version of adobench wrote: measure again.",
                status: .usage)
        }
    }

    /// Refuses a file that could not be written after the run.
    static func checkWritable(_ path: String) throws(BenchError) {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        guard access(path, W_OK) == 0 || (access(path, F_OK) != 0 && access(folder, W_OK) == 0)
        else { throw .usage("\(path) cannot be written: choose another file.") }
    }
}
