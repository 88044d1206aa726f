// swift-tools-version: 6.2
import PackageDescription

// As a program outside this repository would: only the dependency is a path instead of an address.
let package = Package(
    name: "Seats",
    dependencies: [.package(name: "ado", path: "../..", traits: ["Macros"])],
    targets: [
        .executableTarget(
            name: "Seats", dependencies: [.product(name: "ADO", package: "ado")],
            swiftSettings: [.treatAllWarnings(as: .error)])
    ],
    swiftLanguageModes: [.v6]
)
