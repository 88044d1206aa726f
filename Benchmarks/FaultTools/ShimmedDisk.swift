import Foundation

/// The disks of servers that run with the `disk` shim, for somebody to spoil.
package struct ShimmedDisk: Sendable {
    /// How a disk is.
    package enum Condition: Sendable {
        /// Each flush takes so much longer.
        case slow(Duration)
        /// Each flush fails with this error number.
        case failing(Int32)
        /// The data file cannot grow beyond so many bytes.
        case room(Int)
    }

    private let folder: String
    private let shim: String

    /// - Parameters:
    ///   - folder: Where each node's condition is written.
    ///   - shim: The library.
    package init(in folder: String, shim: String) {
        self.folder = folder
        self.shim = shim
    }

    /// What the process of a node needs.
    package func environment(of node: UInt64) -> [String: String] {
        ShimSource.environment(shim, ["ADO_SHIM_DISK": control(of: node)])
    }

    /// Makes a node's disk like this from now on.
    package func set(_ condition: Condition, on node: UInt64) throws {
        let line =
            switch condition {
            case .slow(let duration): "slow \(Int(duration / .milliseconds(1)))"
            case .failing(let error): "fail \(error)"
            case .room(let bytes): "room \(bytes)"
            }
        try Data(line.utf8).write(to: URL(filePath: control(of: node)), options: .atomic)
    }

    /// Makes a node's disk well.
    package func mend(_ node: UInt64) {
        try? FileManager.default.removeItem(atPath: control(of: node))
    }

    private func control(of node: UInt64) -> String { "\(folder)/disk-\(node)" }
}
