internal import ADOSimulator
internal import ArgumentParser

struct Plants: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the mistakes of the driver that `adosim run --plant` can make.")

    func run() {
        for plant in Plant.allCases { print(plant.rawValue) }
    }
}
