internal import FoundationEssentials
public import Provenance

extension TraceFile {
    /// A trace file is refused when it is larger, in bytes.
    public static let sizeMax = 64 << 20

    /// Reads a trace from a file of JSON text.
    public init(path: String) throws(TraceFailure) {
        // Mapped, so that what is too large is not read.
        guard let data = try? Data(contentsOf: URL(filePath: path), options: .mappedIfSafe) else {
            throw TraceFailure("\(path) cannot be read; check that it is a file and yours to read")
        }
        guard data.count <= Self.sizeMax else {
            throw TraceFailure(
                "\(path) is larger than \(Self.sizeMax >> 20) MiB; cut the trace to what matters")
        }
        do throws(TraceFailure) {
            self = try TraceFile(json: Array(data))
        } catch {
            throw TraceFailure("\(path): \(error)")
        }
    }

    /// Reads a trace from JSON text.
    public init(json bytes: [UInt8]) throws(TraceFailure) {
        do {
            self = try JSONDecoder().decode(TraceFile.self, from: Data(bytes))
        } catch let error as DecodingError {
            throw TraceFailure("this is no trace: \(Self.sentence(error))")
        } catch {
            throw TraceFailure("this is no trace: \(error)")
        }
    }

    private static func sentence(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context):
            "\(place(context)) has no \"\(key.stringValue)\""
        case .typeMismatch(_, let context), .valueNotFound(_, let context),
            .dataCorrupted(let context):
            "\(place(context)): \(context.debugDescription)"
        @unknown default: "\(error)"
        }
    }

    private static func place(_ context: DecodingError.Context) -> String {
        let path = context.codingPath.map { key in
            key.intValue.map { "\($0 + 1)" } ?? key.stringValue
        }
        return path.isEmpty ? "the file" : path.joined(separator: " ")
    }
}

extension ExplanationReport {
    /// The answer as JSON text; docs/internals/provenance.md has its form.
    public var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else { return "" }
        return String(decoding: data, as: UTF8.self) + "\n"
    }
}
