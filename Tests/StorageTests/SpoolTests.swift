import CMultiPaxos
import CMultiPaxosLMDB
import CMultiPaxosUV
import Foundation
import TestSupport
import Testing

@Suite struct `A spool` {
    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    /// What happened to a spool.
    private struct Failure: Error, Equatable {
        let status: mp_status
        let text: String
    }

    /// Releases the spool in the end.
    private final class Spool {
        let raw: OpaquePointer

        init(in path: String?, keepsFree: UInt64 = 0) { raw = mp_uv_spool_new(path, keepsFree) }

        deinit { mp_uv_spool_free(raw) }

        var hasFile: Bool { mp_uv_spool_has_file(raw) }

        var content: [UInt8] {
            Array(
                UnsafeBufferPointer(
                    start: mp_uv_spool_bytes(raw), count: Int(mp_uv_spool_size(raw))))
        }

        private func attempt(
            _ body: (UnsafeMutablePointer<mp_lmdb_error>) -> mp_status
        ) throws(Failure) {
            var error = mp_lmdb_error()
            let status = body(&error)
            guard status != MP_OK else { return }
            let text = withUnsafeBytes(of: error.text) { text in
                String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
            }
            throw Failure(status: status, text: text)
        }

        func reserve(_ size: UInt64) throws(Failure) {
            try attempt { mp_uv_spool_reserve(raw, size, $0) }
        }

        func append(_ bytes: [UInt8]) throws(Failure) {
            try attempt { mp_uv_spool_append(raw, bytes, UInt64(bytes.count), $0) }
        }

        func patch(_ bytes: [UInt8], at offset: Int) throws(Failure) {
            try attempt { mp_uv_spool_patch(raw, UInt64(offset), bytes, UInt64(bytes.count), $0) }
        }

        func finish() throws(Failure) { try attempt { mp_uv_spool_finish(raw, $0) } }
    }

    private func bytes(_ size: Int) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 17) }
    }

    private func checksum(_ bytes: [UInt8]) -> UInt64 {
        var hash: UInt64 = 0
        var offset = 0
        for number in 0..<mp_lmdb_chunk_count(UInt64(bytes.count)) {
            let count = mp_lmdb_chunk_size(UInt64(bytes.count), number)
            hash = mp_lmdb_chunk_hash(hash, Array(bytes[offset..<offset + Int(count)]), count)
            offset += Int(count)
        }
        return hash
    }

    @Test(arguments: [
        (0, false), (5000, false), (8 << 20, false), (8 << 20 + 1, true), (37 << 20 + 11, true),
    ])
    func `gives back what was appended, from a file if it is much`(
        _ size: Int, _ hasFile: Bool
    ) throws {
        let spool = Spool(in: directory.path)
        let all = bytes(size)
        for offset in stride(from: 0, to: size, by: 700_001) {
            try spool.append(Array(all[offset..<min(offset + 700_001, size)]))
        }
        try spool.finish()
        #expect(spool.hasFile == hasFile)
        #expect(spool.content == all)
        #expect(mp_uv_spool_checksum(spool.raw) == checksum(all))
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == [])
    }

    @Test(arguments: [1 << 20, 12 << 20])
    func `has what it was patched with`(_ size: Int) throws {
        let spool = Spool(in: directory.path)
        var all = bytes(size)
        try spool.append(all)
        try spool.patch([9, 9, 9, 9], at: 3)
        try spool.patch([8], at: size - 1)
        all.replaceSubrange(3..<7, with: [9, 9, 9, 9])
        all[size - 1] = 8
        try spool.finish()
        #expect(spool.content == all)
        #expect(mp_uv_spool_checksum(spool.raw) == checksum(all))
    }

    @Test func `without a directory is in memory, however much it is`() throws {
        let spool = Spool(in: nil)
        let all = bytes(9 << 20)
        try spool.reserve(UInt64(all.count))
        try spool.append(all)
        try spool.finish()
        #expect(!spool.hasFile)
        #expect(spool.content == all)
    }

    @Test func `says where it found no room, before or while it is written`() throws {
        // More than any disk has.
        let path = directory.path
        let keeps = Spool(in: path, keepsFree: 1 << 60)
        let reserved = #expect(throws: Failure.self) { try keeps.reserve(9 << 20) }
        #expect(reserved?.status == MP_FULL)
        #expect(
            reserved?.text
                == "A snapshot of 0 bytes or more cannot be kept in a temporary file in \(path): "
                + "No space left on device. Free some space, or name another directory.")
        let written = Spool(in: path, keepsFree: 1 << 60)
        try written.append(bytes(8 << 20))
        let appended = #expect(throws: Failure.self) { try written.append([1]) }
        #expect(appended?.status == MP_FULL)
    }

    @Test(.enabled(if: Mount.isPermitted, "mounting needs privileges this process does not have"))
    func `meets a full disk as an error`() throws {
        let disk = directory.path("disk")
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        let mount = try Mount(memory: disk, bytes: 16 << 20)
        let spool = Spool(in: mount.path)
        try spool.append(bytes(12 << 20))
        let failure = #expect(throws: Failure.self) { try spool.append(bytes(12 << 20)) }
        #expect(failure?.status == MP_FULL)
        let early = Spool(in: mount.path)
        #expect(throws: Failure.self) { try early.reserve(24 << 20) }
    }

    @Test func `says which directory it cannot write to, and how much is too much`() throws {
        let missing = Spool(in: directory.path("missing"))
        let failure = #expect(throws: Failure.self) { try missing.reserve(9 << 20) }
        #expect(failure?.status == MP_SYSTEM)
        #expect(failure?.text.contains("missing: No such file or directory. Name a") == true)
        let large = Spool(in: directory.path)
        let refused = #expect(throws: Failure.self) { try large.reserve(1 << 40) }
        #expect(refused?.status == MP_TOO_BIG)
        #expect(
            refused?.text
                == "A snapshot may have less than 1099511627776 bytes. Divide the object into "
                + "several.")
    }
}
