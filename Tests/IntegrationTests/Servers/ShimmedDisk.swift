import Foundation
import TestSupport

/// The disks of servers that run with the `disk` shim, for a test to spoil.
struct ShimmedDisk: Sendable {
    /// How a disk is.
    enum Condition {
        /// Each flush takes so much longer.
        case slow(Duration)
        /// Each flush fails with this error number.
        case failing(Int32)
        /// The data file cannot grow beyond so many bytes.
        case room(Int)
    }

    private let directory: TemporaryDirectory
    private let shim: String

    init(in directory: TemporaryDirectory) async throws {
        self.directory = directory
        shim = try await Shim.library("disk")
    }

    /// What the process of a node needs.
    func environment(of node: UInt64) -> [String: String] {
        Shim.environment(shim, ["ADO_SHIM_DISK": control(of: node)])
    }

    /// Makes a node's disk like this from now on.
    func set(_ condition: Condition, on node: UInt64) throws {
        let line =
            switch condition {
            case .slow(let duration): "slow \(Int(duration / .milliseconds(1)))"
            case .failing(let error): "fail \(error)"
            case .room(let bytes): "room \(bytes)"
            }
        try Data(line.utf8).write(to: URL(filePath: control(of: node)), options: .atomic)
    }

    /// Makes a node's disk well.
    func mend(_ node: UInt64) {
        try? FileManager.default.removeItem(atPath: control(of: node))
    }

    private func control(of node: UInt64) -> String { directory.path("disk-\(node)") }
}
