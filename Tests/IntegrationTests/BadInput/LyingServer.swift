import CMultiPaxos
import Foundation
import Synchronization

/// Stands between a client and an honest server, and changes one message that the server sends.
///
/// What it changes it signs anew, so that each message is well-formed: what it says is wrong.
final class LyingServer: Sendable {
    /// The parts of a message that may be lied about.
    struct Told {
        var kind: UInt8
        var group: UInt64
        var point: mp_point
        /// The size of a snapshot.
        var size: UInt64
        /// The number of a chunk.
        var number: UInt64
        var payload: [UInt8]
    }

    /// Kinds of messages of the driver.
    static let manifest: UInt8 = 64 + 15
    static let chunk: UInt8 = 64 + 16

    /// Where clients find it.
    let port: UInt16
    private let listener: RawSocket
    private let honest: UInt16
    private let lie = Mutex<(kind: UInt8, change: @Sendable (inout Told) -> Void)?>(nil)
    private let pumps = Mutex<[Task<Void, Never>]>([])

    init(before honest: UInt16) throws {
        port = try Loopback.freePorts(1)[0]
        listener = try RawSocket(listeningOn: port)
        self.honest = honest
        pumps.withLock { $0.append(Task { [weak self] in await self?.relay() }) }
    }

    /// Changes the next message of this kind.
    func lieNext(of kind: UInt8, _ change: @escaping @Sendable (inout Told) -> Void) {
        lie.withLock { $0 = (kind, change) }
    }

    /// Whether it has told the lie that it was to tell.
    var hasLied: Bool { lie.withLock { $0 == nil } }

    func stop() {
        for pump in pumps.withLock({ $0 }) { pump.cancel() }
    }

    // MARK: Passing on

    private func relay() async {
        while !Task.isCancelled {
            guard let client = try? await listener.accept() else { continue }
            guard let server = try? RawSocket(connectedTo: honest) else { return client.close() }
            pumps.withLock {
                $0.append(Task { await self.pump(client, server) { $0 } })
                $0.append(Task { await self.pump(server, client, self.told) })
            }
        }
    }

    private func pump(
        _ from: RawSocket, _ to: RawSocket, _ change: @Sendable ([UInt8]) -> [UInt8]
    ) async {
        while !Task.isCancelled, let bytes = try? await from.receiveMessage() {
            guard (try? await to.sendAll(change(bytes))) != nil else { break }
        }
        from.close()
        to.close()
    }

    private func told(_ bytes: [UInt8]) -> [UInt8] {
        lie.withLock { lie in
            guard let now = lie, bytes[16] == now.kind else { return bytes }
            lie = nil
            return Self.edit(bytes, now.change)
        }
    }

    private static func edit(_ bytes: [UInt8], _ change: (inout Told) -> Void) -> [UInt8] {
        var message = mp_message()
        var size = 0
        return bytes.withUnsafeBufferPointer { raw in
            let status = mp_message_decode(raw.baseAddress, raw.count, &message, &size)
            precondition(status == MP_OK, "an honest server sends what can be read")
            let payload = UnsafeBufferPointer(
                start: message.payload, count: Int(message.payload_size))
            var told = Told(
                kind: message.kind, group: message.group, point: message.point,
                size: message.commit, number: message.value, payload: Array(payload))
            change(&told)
            message.kind = told.kind
            message.group = told.group
            message.point = told.point
            message.commit = told.size
            message.value = told.number
            return encode(message, told.payload)
        }
    }

    private static func encode(_ message: mp_message, _ payload: [UInt8]) -> [UInt8] {
        payload.withUnsafeBufferPointer { bytes in
            var message = message
            message.payload = bytes.baseAddress
            message.payload_size = UInt32(bytes.count)
            var header = [UInt8](repeating: 0, count: Int(MP_MESSAGE_HEADER_SIZE))
            mp_message_encode(&message, 0, &header)
            return header + payload
        }
    }
}
