internal import ADO

/// Walks over the bytes of a trace file and finds its lives.
struct TraceScan {
    private(set) var lives: [TraceLife] = []
    private(set) var startsForeign = false

    /// The sequence number that the next record of the open life must have; `nil` if none is open.
    private var expected: UInt64?

    mutating func run(_ bytes: UnsafeRawBufferPointer) {
        var offset = 0
        while bytes.count - offset >= TraceLayout.size {
            take(bytes, at: offset)
            offset += TraceLayout.size
        }
    }

    private mutating func take(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        let isWhole = TraceLayout.isWhole(bytes, at: offset)
        if isWhole, let life = TraceLayout.start(in: bytes, at: offset) {
            lives.append(life)
            expected = 1
            return
        }
        guard let expected else {
            // A life may have begun here that cannot be read: it must not go unnoticed.
            if lives.isEmpty { startsForeign = true } else { end(.damaged(at: offset)) }
            return
        }
        let time = TraceLayout.load(bytes, offset + TraceLayout.atTime)
        let life = lives.count - 1
        guard isWhole, TraceLayout.load(bytes, offset + TraceLayout.atSequence) == expected,
            time >= lives[life].last
        else { return end(.damaged(at: offset)) }
        switch TraceLayout.kind(of: bytes, at: offset) {
        case .transition:
            lives[life].last = time
            lives[life].endOffset = offset + TraceLayout.size
            self.expected = expected &+ 1
        case .ending(let ending):
            lives[life].last = time
            end(ending)
        case .unknown:
            end(.damaged(at: offset))
        }
    }

    private mutating func end(_ ending: TraceLife.Ending) {
        expected = nil
        if case .damaged = lives[lives.count - 1].ending { return }
        lives[lives.count - 1].ending = ending
    }
}

/// Where the fields of a record are, and what its kinds mean.
enum TraceLayout {
    static let size = 128
    static let startKind: UInt8 = 240
    static let endKind: UInt8 = 241
    static let stoppedKind: UInt8 = 242
    static let magic = Array("ADOTRC".utf8) + [1]
    static let atSequence = 8
    static let atTime = 16
    static let atNode = 24
    static let atIncarnation = 32
    static let atCluster = 40
    static let clusterSize = 64
    static let atChecksum = 120

    enum Kind {
        case transition
        case ending(TraceLife.Ending)
        case unknown
    }

    static func load(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    static func checksum(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for at in stride(from: offset, to: offset + atChecksum, by: 8) {
            hash = (hash ^ load(bytes, at)) &* 0x100_0000_01B3
            hash ^= hash >> 32
        }
        return hash
    }

    static func isWhole(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Bool {
        load(bytes, offset + atChecksum) == checksum(bytes, at: offset)
    }

    static func kind(of bytes: UnsafeRawBufferPointer, at offset: Int) -> Kind {
        switch (bytes[offset], bytes[offset + 1]) {
        case (1..<128, _):
            TraceKind(rawValue: bytes[offset]) == nil ? .unknown : .transition
        case (endKind, _): .ending(.clean)
        case (stoppedKind, 1): .ending(.limit)
        case (stoppedKind, _): .ending(.writeFailed)
        default: .unknown
        }
    }

    /// The life that begins at `offset`, if a whole START is there.
    static func start(in bytes: UnsafeRawBufferPointer, at offset: Int) -> TraceLife? {
        guard bytes[offset] == startKind, load(bytes, offset + atSequence) == 0,
            bytes[(offset + 1)..<(offset + 1 + magic.count)].elementsEqual(magic)
        else { return nil }
        let start = offset + atCluster
        let cluster = bytes[start..<(start + clusterSize)].prefix { $0 != 0 }
        let time = load(bytes, offset + atTime)
        return TraceLife(
            node: load(bytes, offset + atNode), incarnation: load(bytes, offset + atIncarnation),
            cluster: String(decoding: cluster, as: UTF8.self), start: time, ending: .cut,
            last: time, offset: offset, endOffset: offset + size)
    }

    /// The transition at `offset`, if it is of a known kind.
    static func transition(in bytes: UnsafeRawBufferPointer, at offset: Int) -> TimedRecord? {
        guard let kind = TraceKind(rawValue: bytes[offset]) else { return nil }
        let time = load(bytes, offset + atTime)
        return TimedRecord(
            nanoseconds: time,
            record: TraceRecord(
                kind, time: time / 1000, node: load(bytes, offset + atNode),
                group: load(bytes, offset + 32), peer: load(bytes, offset + 40),
                ballot: ballot(bytes, offset + 48), by: ballot(bytes, offset + 64),
                point: LogPoint(
                    index: load(bytes, offset + 80), ballot: ballot(bytes, offset + 88),
                    checksum: load(bytes, offset + 104))))
    }

    private static func ballot(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Ballot {
        Ballot(round: load(bytes, offset), node: load(bytes, offset + 8))
    }
}
