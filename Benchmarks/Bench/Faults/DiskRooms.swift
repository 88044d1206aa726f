import FaultTools
import Foundation
import Synchronization

/// Disks that are always nearly full, so that one is full soon after it gets no more room.
///
/// A server allocates its data file far ahead of what it needs where it can. So each data file has
/// room for a little more than it has, again and again, and one that is to be full for no more.
final class DiskRooms: Sendable {
    /// Bytes that a data file may grow by at a time: what is written between two looks, and more.
    static let step = 8 << 20
    /// What a server allocates first: its reserve, and a step.
    static let first = 64 << 20 + step

    private struct State: Sendable {
        var full: Set<UInt64> = []
        var sizes: [UInt64: Int] = [:]
        var isOver = false
    }

    private let disk: ShimmedDisk
    private let path: @Sendable (UInt64) -> String
    private let state = Mutex(State())

    /// Gives every node the first room, before its server is started, and then more as it grows.
    init(
        _ disk: ShimmedDisk, _ nodes: [UInt64], path: @escaping @Sendable (UInt64) -> String
    ) throws(BenchError) {
        self.disk = disk
        self.path = path
        for node in nodes { try set(Self.first, node) }
        Task { [weak self] in
            while let rooms = self, rooms.extend(nodes) {
                try? await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    /// Gives a node no more room.
    func fill(_ node: UInt64) throws(BenchError) {
        state.withLock { _ = $0.full.insert(node) }
        try set(size(node), node)
    }

    /// Gives a node room again, as it needs it.
    func makeRoom(_ node: UInt64) {
        state.withLock { state in
            state.full.remove(node)
            state.sizes[node] = nil
        }
    }

    /// Gives no more room to any.
    func end() { state.withLock { $0.isOver = true } }

    /// Looks at every data file; false when it is over.
    private func extend(_ nodes: [UInt64]) -> Bool {
        for node in nodes {
            let size = size(node)
            state.withLock { state in
                guard !state.full.contains(node), !state.isOver, state.sizes[node] != size,
                    size > 0
                else { return }
                state.sizes[node] = size
                try? disk.set(.room(max(size + Self.step, Self.first)), on: node)
            }
        }
        return state.withLock { !$0.isOver }
    }

    private func size(_ node: UInt64) -> Int {
        var info = stat()
        return stat(path(node), &info) == 0 ? Int(info.st_size) : 0
    }

    private func set(_ bytes: Int, _ node: UInt64) throws(BenchError) {
        do {
            try disk.set(.room(bytes), on: node)
        } catch {
            throw BenchError("cannot say how much room node \(node) has: \(error)")
        }
    }
}
