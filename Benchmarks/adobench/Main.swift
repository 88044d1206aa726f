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

/// What the library refuses is a wrong use of the command.
func checked<Value>(_ body: () throws(BenchError) -> Value) throws -> Value {
    do throws(BenchError) {
        return try body()
    } catch {
        throw ValidationError(error.description)
    }
}

/// Reads `1,8,64`; what is no number is 0, which every user refuses.
func numbers(_ text: String) -> [Int] { text.split(separator: ",").map { Int($0) ?? 0 } }

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
