extension NodeOptions.Voter {
    /// Reads a list of servers: `1=host:port,2=host:port,…`.
    ///
    /// - Throws: ``NodeError`` with a sentence about the part that is wrong.
    public static func list(_ text: String) throws(NodeError) -> [NodeOptions.Voter] {
        try list(text.split(separator: ",", omittingEmptySubsequences: false).map { String($0) })
    }

    /// Reads servers: each `id=host:port`, or `host:port` with its position from 1 on as the id.
    ///
    /// - Throws: ``NodeError`` with a sentence about the one that is wrong.
    public static func list(_ addresses: [String]) throws(NodeError) -> [NodeOptions.Voter] {
        var voters: [NodeOptions.Voter] = []
        for (position, address) in addresses.enumerated() {
            voters.append(try NodeOptions.Voter(address, orId: UInt64(position) + 1))
        }
        return voters
    }

    private init(_ text: String, orId position: UInt64) throws(NodeError) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let address = parts[parts.count - 1]
        let id = parts.count == 2 ? UInt64(parts[0]) : position
        guard let id, let colon = address.lastIndex(of: ":"),
            let port = UInt16(address[address.index(after: colon)...]), port != 0
        else {
            throw NodeError(
                .invalidOptions, "'\(text)' is no server; write id=host:port, as in 1=10.0.0.1:7101"
            )
        }
        let host = Self.unbracketed(address[..<colon])
        guard !host.isEmpty else {
            throw NodeError(
                .invalidOptions,
                "'\(text)' names no host; write id=host:port, as in 1=10.0.0.1:7101")
        }
        self.init(node: id, host: host, port: port)
    }

    /// The host of `[::1]:7101` without the brackets.
    private static func unbracketed(_ host: Substring) -> String {
        guard host.first == "[", host.last == "]" else { return String(host) }
        return String(host.dropFirst().dropLast())
    }
}
