/// The signatures that the clients of an object have declared in its log.
///
/// A session declares them when it opens, before its first call. So whether a tag stands for a
/// method at all is a function of the log, the same on replicas of every version of the type: one
/// that nobody declared is rejected everywhere, and one that was declared, but whose method this
/// version lacks, has a name to be refused by.
@usableFromInline
struct Catalogue: Sendable, Hashable {
    /// Signatures that one log may declare.
    static let countMax = 1024

    private var texts: [UInt32: String] = [:]

    /// The signature that was declared for a tag.
    @usableFromInline
    subscript(tag: UInt32) -> String? { texts[tag] }

    /// Adds what a session declares, all or nothing.
    ///
    /// - Returns: False if it cannot be read, is too much, or gives one tag two meanings.
    @usableFromInline
    mutating func declare(_ declaration: Reader) -> Bool {
        var reader = declaration
        guard reader.remaining > 0 else { return true }
        var grown = self
        do throws(DecodingFailure) {
            for _ in 0..<(try reader.length()) {
                guard grown.add(try reader.string()) else { return false }
            }
            try reader.finish()
        } catch {
            return false
        }
        self = grown
        return true
    }

    private mutating func add(_ text: String) -> Bool {
        guard text.utf8.count <= MethodSignature.sizeMax else { return false }
        let tag = MethodSignature(text).tag
        if let known = texts[tag] { return known == text }
        guard texts.count < Self.countMax else { return false }
        texts[tag] = text
        return true
    }
}

extension Catalogue: BinaryCodable {
    /// Appends the signatures in the order of their tags.
    @usableFromInline
    func write(to writer: inout Writer) {
        writer.varint(UInt64(texts.count))
        for (_, text) in texts.sorted(by: { $0.key < $1.key }) { writer.string(text) }
    }

    /// Reads signatures whose tags rise.
    @usableFromInline
    static func read(from reader: inout Reader) throws(DecodingFailure) -> Catalogue {
        var catalogue = Catalogue()
        var last: UInt32?
        for _ in 0..<(try reader.length()) {
            let text = try reader.string()
            let tag = MethodSignature(text).tag
            if let last, tag <= last { throw .malformed }
            guard catalogue.add(text) else { throw .malformed }
            last = tag
        }
        return catalogue
    }
}
