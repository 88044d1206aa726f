import ArgumentParser
import Bench

/// Argument parsing only; the library does the rest.
@main
struct Main: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adobench",
        abstract: "Loads a cluster, breaks it, and proves that nothing acknowledged was lost.",
        subcommands: [
            RunCommand.self, KneeCommand.self, SuiteCommand.self, ReportCommand.self,
            AppsCommand.self, SmokeCommand.self, ScenariosCommand.self,
        ])
}

/// `adobench report`.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Makes the page of what adobench suite has measured, again.")

    @Argument(help: "The directory that adobench suite wrote.")
    var folder: String

    func run() throws {
        throw ExitCode(ReportFolder.render(folder).rawValue)
    }
}

/// `adobench scenarios`.
struct ScenariosCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scenarios", abstract: "Lists the scenarios, with a line each.")

    func run() {
        for line in Scenario.list() { print(line) }
    }
}
