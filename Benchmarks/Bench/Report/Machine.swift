import Foundation

extension RunReport.Machine {
    /// The machine this runs on.
    static func current() -> RunReport.Machine {
        var name = utsname()
        uname(&name)
        let memory = ProcessInfo.processInfo.physicalMemory / (1024 * 1024)
        return RunReport.Machine(
            cores: ProcessInfo.processInfo.activeProcessorCount,
            kernel: text(&name.sysname) + " " + text(&name.release),
            architecture: text(&name.machine),
            memory_mib: Int(memory))
    }

    private static func text<Field>(_ field: inout Field) -> String {
        withUnsafeBytes(of: &field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

/// The commit that was built, as far as it can be known: from the environment, or from the
/// repository that the executable lies in.
func currentCommit() -> String? {
    if let given = ProcessInfo.processInfo.environment["ADO_COMMIT"] { return given }
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    let folder = URL(fileURLWithPath: own).deletingLastPathComponent().path
    process.arguments = ["git", "-C", folder, "describe", "--always", "--dirty", "--abbrev=12"]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let commit = String(decoding: data, as: UTF8.self).trimmingCharacters(
        in: .whitespacesAndNewlines)
    return process.terminationStatus == 0 && !commit.isEmpty ? commit : nil
}
