import CMultiPaxos
import Testing

/// One voter alone, stepped by hand, so that large batches cost no more than their checksum.
private struct LoneVoter: ~Copyable {
    private let memory: UnsafeMutableRawPointer
    private let effects = UnsafeMutablePointer<mp_effects>.allocate(capacity: 1)
    let raw: OpaquePointer
    private(set) var dropped: [UInt64: UInt64] = [:]

    init() throws {
        var options = mp_options()
        options.node = 1
        options.voters.0 = 1
        options.voter_count = 1
        options.votes = true
        options.window = 2
        options.groups_max = 4
        options.batches_max = 4096
        options.timeout_us = 200_000
        options.fetch_bytes = 1 << 20
        let size = mp_replica_size(&options)
        memory = .allocate(byteCount: size, alignment: 16)
        var made: OpaquePointer?
        #expect(mp_replica_init(memory, size, &options, &made) == MP_OK)
        raw = try #require(made)
        effects.initialize(to: mp_effects())
    }

    deinit {
        effects.deallocate()
        memory.deallocate()
    }

    /// Steps, and makes every write durable at once.
    private mutating func step(_ event: mp_event) {
        var event = event
        #expect(mp_replica_step(raw, &event, effects) == MP_OK)
        dropped[event.group] = max(dropped[event.group] ?? 0, effects.pointee.drop_through)
        let writes = withUnsafeBytes(of: &effects.pointee.writes) { bytes in
            Array(bytes.bindMemory(to: mp_write.self).prefix(Int(effects.pointee.write_count)))
        }
        for write in writes {
            var written = mp_event()
            written.kind = MP_EVENT_WRITTEN
            written.group = write.group
            written.written.write_id = write.id
            step(written)
        }
    }

    mutating func start() {
        step(event(MP_EVENT_START, 0))
    }

    mutating func pull(_ group: UInt64) {
        var pull = event(MP_EVENT_PULL, group)
        pull.pull.deadline_us = 1_000_000
        step(pull)
    }

    mutating func commit(
        _ group: UInt64, bytes: Int, from buffer: UnsafeMutableBufferPointer<UInt8>
    ) {
        var builder = mp_batch_builder()
        mp_batch_begin(&builder, buffer.baseAddress, UInt32(buffer.count))
        let payload = [UInt8](repeating: 1, count: bytes)
        #expect(mp_batch_append(&builder, 1, payload, UInt32(payload.count)) == MP_OK)
        withUnsafeMutablePointer(to: &builder) { builder in
            var invoke = event(MP_EVENT_INVOKE, group)
            invoke.invoke.batch = builder
            step(invoke)
        }
        step(event(MP_EVENT_PUSH, group))
    }

    private func event(_ kind: mp_event_kind, _ group: UInt64) -> mp_event {
        var event = mp_event()
        event.kind = kind
        event.group = group
        return event
    }
}

@Suite struct `What logs keep in memory` {
    @Test func `is the last 64 committed batches of each`() throws {
        var voter = try LoneVoter()
        voter.start()
        voter.pull(1)
        let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 4096)
        defer { buffer.deallocate() }
        for _ in 0..<200 { voter.commit(1, bytes: 64, from: buffer) }
        mp_replica_check(voter.raw)

        // What was committed before a step is forgotten in it; the newest batch comes on top.
        let dropped = try #require(voter.dropped[1])
        #expect(dropped == UInt64(200 - 64 - 1))
    }

    @Test func `is bounded in bytes over all of them`() throws {
        let groups: ClosedRange<UInt64> = 1...4
        let size = 1_000_000
        var voter = try LoneVoter()
        voter.start()
        let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: Int(MP_BATCH_SIZE_MAX))
        defer { buffer.deallocate() }
        for group in groups {
            voter.pull(group)
            for _ in 0..<100 { voter.commit(group, bytes: size, from: buffer) }
        }
        mp_replica_check(voter.raw)

        let kept = groups.reduce(0) { $0 + Int(100 - (voter.dropped[$1] ?? 0)) } * size
        #expect(kept <= Int(MP_NAMED_BYTES_MAX) + 3 * groups.count * size)
        #expect(kept > 64 * size, "nothing was bounded: the test is too small")
    }
}
