import ArgumentParser
import Bench

/// Argument parsing only; the library does the rest.
@main
struct Main: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adobench",
        abstract: "Loads a cluster, breaks it, and proves that nothing acknowledged was lost.",
        subcommands: [RunCommand.self, AppsCommand.self])
}
