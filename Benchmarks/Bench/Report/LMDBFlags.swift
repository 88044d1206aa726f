/// The names of LMDB's environment flags, so that a reader of a report sees what was flushed.
enum LMDBFlags {
    private static let names: [(bit: UInt32, name: String)] = [
        (0x01, "FIXEDMAP"), (0x4000, "NOSUBDIR"), (0x10000, "NOSYNC"), (0x20000, "RDONLY"),
        (0x40000, "NOMETASYNC"), (0x80000, "WRITEMAP"), (0x100000, "MAPASYNC"),
        (0x200000, "NOTLS"), (0x400000, "NOLOCK"), (0x800000, "NORDAHEAD"),
        (0x1000000, "NOMEMINIT"), (0x2000000, "PREVSNAPSHOT"),
    ]

    /// Flags with which a commit may be lost or a crash may corrupt.
    private static let lossy: UInt32 = 0x10000 | 0x40000 | 0x80000 | 0x100000

    /// The names of the bits that are set, and in hexadecimal what has none.
    static func names(_ flags: UInt32) -> [String] {
        var rest = flags
        var found: [String] = []
        for (bit, name) in names where flags & bit != 0 {
            found.append(name)
            rest &= ~bit
        }
        if rest != 0 { found.append("0x" + String(rest, radix: 16)) }
        return found
    }

    /// Whether every commit is flushed before it returns.
    static func areDurable(_ flags: UInt32) -> Bool { flags & lossy == 0 }
}
