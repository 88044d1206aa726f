internal import ADO

/// A call of an application on its way to a server.
struct AppRequest {
    let number: UInt64
    /// The node it comes from.
    let client: UInt64
    let group: UInt64
    let kind: CallKind
    let entries: [Draft.Entry]
    var hops = 0
}

/// A thing that happens to what an application asked for.
enum AppStep {
    case arrive(AppRequest, at: UInt64)
    case answer(UInt64, [Reply], to: UInt64)
    /// The backend has waited long enough.
    case expire(UInt64, at: UInt64)

    /// The node that it happens to.
    var node: UInt64 {
        switch self {
        case .arrive(_, let node), .answer(_, _, let node), .expire(_, let node): node
        }
    }
}

extension Draft.Entry {
    /// The entries of a block in its wire form; nil if it does not hold them.
    static func decoded(_ block: [UInt8], count: Int) -> [Draft.Entry]? {
        let entries: [Draft.Entry]? = try? Reader.read(block) { reader throws(DecodingFailure) in
            var entries: [Draft.Entry] = []
            for _ in 0..<count {
                let size = try reader.u32()
                let kind = try reader.u32()
                entries.append(
                    Draft.Entry(kind: kind, payload: Array(try reader.raw(Int(size)))))
            }
            return entries
        }
        return entries
    }
}
