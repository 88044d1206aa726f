internal import ArgumentParser

@main
struct Adosim: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adosim",
        abstract:
            "Runs the protocol core in worlds whose faults a seed draws, and judges each run.",
        subcommands: [Run.self, Scenarios.self, Plants.self])
}
