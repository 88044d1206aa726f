internal import ADOSimulator
internal import ArgumentParser

struct Plants: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the mistakes of the driver that `adosim run --plant` can make.")

    func run() {
        for plant in Plant.allCases { print(plant.rawValue) }
    }
}

struct Scenarios: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the scenarios that `adosim run --scenario` can play.",
        discussion: "One line each: the row of the fault matrix, the name, and what happens.")

    @Flag(help: "Print what each requires, too; times are in election timeouts.")
    var demands = false

    func run() {
        for scenario in Simulator.scenarios {
            print("\(scenario.row)\t\(scenario.name)\t\(scenario.summary)")
            guard demands else { continue }
            for demand in scenario.demands { print("\t\t\(demand)") }
        }
    }
}
