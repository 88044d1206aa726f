import Foundation

/// Everything that a report is made from: one file of its own, and one for each scenario.
struct SuiteData: Sendable {
    /// What was measured, where and how; written as `suite.json`.
    struct About: Codable, Sendable {
        /// The command that measures all of this again.
        var command: String
        var seed: UInt64
        /// When it began, as ISO 8601 says it.
        var started: String
        var machine: RunReport.Machine
        var commit: String?
        /// Microseconds of a flush of 4 KiB, on the disk of the servers, right before.
        var flush_us: RunReport.Latency
        var knee: KneeReport
        /// The bare pipeline with as many operations in flight as at the knee, right after it.
        var pipeline: PipelineReport?
        var runs: [Run]
    }

    /// One scenario at one load.
    struct Run: Codable, Sendable, Equatable {
        var scenario: String
        /// The rate offered, in hundredths of the throughput at the knee.
        var percent: Int
        /// The file with its report.
        var file: String
    }

    var about: About
    /// In the order of `about.runs`.
    var reports: [RunReport]

    /// The runs in which a fault happened once.
    var alone: [(Run, RunReport)] {
        zip(about.runs, reports).filter { $0.1.windows == nil }.map { ($0, $1) }
    }

    /// The runs in which healthy and faulty windows took turns.
    var inTurn: [(Run, RunReport, Interleaved)] {
        zip(about.runs, reports).compactMap { run, report in
            report.windows.map { (run, report, $0) }
        }
    }

    /// The worst of all runs.
    var status: ExitStatus {
        let all = [about.knee.status] + reports.map(\.status)
        return all.first { $0 == .refuted } ?? all.first { $0 != .proved } ?? .proved
    }

    /// Where the files of a report are in its folder.
    static func path(_ folder: String, _ file: String) -> String { "\(folder)/data/\(file)" }

    /// Reads what `adobench suite` has written into a folder.
    static func read(_ folder: String) throws(BenchError) -> SuiteData {
        let file = path(folder, "suite.json")
        guard FileManager.default.fileExists(atPath: file) else {
            throw .usage("\(file) does not exist: measure with adobench suite \(folder) first.")
        }
        let about = try JSONFile.read(About.self, from: file)
        var reports: [RunReport] = []
        for run in about.runs {
            reports.append(try JSONFile.read(RunReport.self, from: path(folder, run.file)))
        }
        return SuiteData(about: about, reports: reports)
    }
}
