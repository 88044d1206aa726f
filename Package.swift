// swift-tools-version: 6.2
import CompilerPluginSupport
import PackageDescription

let cWarnings: [CSetting] = [
    .enableWarning("all"), .enableWarning("extra"), .enableWarning("conversion"),
    .enableWarning("shadow"), .enableWarning("strict-prototypes"), .treatAllWarnings(as: .error),
]

// Counts which lines of the core run. A setting of this target alone: the Swift compiler fails
// where it sees such flags for what it imports.
let cCounters: [CSetting] =
    Context.environment["ADO_COUNTERS"] == nil
    ? [] : [.unsafeFlags(["-fprofile-instr-generate", "-fcoverage-mapping"])]

let swift: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

func syntax(_ products: [String]) -> [Target.Dependency] {
    products.map {
        .product(name: $0, package: "swift-syntax", condition: .when(traits: ["Macros"]))
    }
}

let package = Package(
    name: "ado",
    products: [
        .library(name: "ADO", targets: ["ADO", "ADOObjects", "ADOApps", "MultiPaxos"]),
        .library(name: "Provenance", targets: ["Provenance"]),
        .executable(name: "adod", targets: ["adod"]),
        .executable(name: "adoctl", targets: ["adoctl"]),
        .executable(name: "adobench", targets: ["adobench"]),
        .executable(name: "adosim", targets: ["adosim"]),
        .executable(name: "pipeline", targets: ["pipeline"]),
    ],
    traits: [
        .trait(
            name: "Macros",
            description: "The macro @AtomicObject. It builds swift-syntax, which takes minutes."),
        .default(enabledTraits: []),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/swiftlang/swift-syntax", from: "603.0.1"),
    ],
    targets: [
        // MARK: C: the core knows no I/O; the two adapters know one library each.
        .systemLibrary(
            name: "CLibUV", path: "CSources/CLibUV", pkgConfig: "libuv",
            providers: [.apt(["libuv1-dev"]), .brew(["libuv"])]),
        .systemLibrary(
            name: "CLibLMDB", path: "CSources/CLibLMDB", pkgConfig: "lmdb",
            providers: [.apt(["liblmdb-dev"]), .brew(["lmdb"])]),
        .target(
            name: "CMultiPaxos", path: "CSources/CMultiPaxos", cSettings: cWarnings + cCounters),
        .target(
            name: "CMultiPaxosLMDB", dependencies: ["CMultiPaxos", "CLibLMDB"],
            path: "CSources/CMultiPaxosLMDB", cSettings: cWarnings + [.define("_GNU_SOURCE")]),
        .target(
            name: "CMultiPaxosUV", dependencies: ["CMultiPaxos", "CMultiPaxosLMDB", "CLibUV"],
            path: "CSources/CMultiPaxosUV",
            cSettings: cWarnings + [
                .define("_GNU_SOURCE"), .define("MP_FAILPOINTS", .when(configuration: .debug)),
            ]),

        // MARK: The vocabulary, and objects written in it. No C, no I/O.
        .target(
            name: "ADO",
            dependencies: [.target(name: "ADOMacros", condition: .when(traits: ["Macros"]))],
            swiftSettings: swift),
        .target(
            name: "ADOObjects",
            dependencies: [
                "ADO", .product(name: "HashTreeCollections", package: "swift-collections"),
            ], swiftSettings: swift),

        .target(
            name: "ADOApps",
            dependencies: [
                "ADO", "ADOObjects",
                .product(name: "HashTreeCollections", package: "swift-collections"),
            ], swiftSettings: swift),

        // MARK: What @AtomicObject expands to. Empty without the trait.
        .macro(
            name: "ADOMacros",
            dependencies: syntax([
                "SwiftCompilerPlugin", "SwiftDiagnostics", "SwiftParser", "SwiftSyntax",
                "SwiftSyntaxBuilder", "SwiftSyntaxMacros",
            ]),
            swiftSettings: swift + [.treatAllWarnings(as: .error)]),

        // MARK: The executable model, and the checkers that judge runs by it. No C, no I/O.
        .target(name: "ADOSpec", dependencies: ["ADO"], swiftSettings: swift),
        .target(name: "Linearizability", swiftSettings: swift),

        // MARK: Why a call returned what it did, from the log.
        .target(name: "Provenance", dependencies: ["ADO"], swiftSettings: swift),
        .target(name: "ProvenanceFiles", dependencies: ["Provenance"], swiftSettings: swift),

        // MARK: The protocol behind the vocabulary: the only importer of C.
        .target(
            name: "MultiPaxos",
            dependencies: ["ADO", "CMultiPaxos", "CMultiPaxosLMDB", "CMultiPaxosUV"],
            swiftSettings: swift),

        // MARK: The simulator: the core as it ships, in worlds that a seed draws.
        .target(
            name: "CStepGuard", dependencies: ["CMultiPaxos"], path: "CSources/CStepGuard",
            cSettings: cWarnings + [.define("_GNU_SOURCE")]),
        .target(
            name: "ADOSimulator",
            dependencies: [
                "ADO", "ADOObjects", "ADOApps", "ADOSpec", "Linearizability", "CMultiPaxos",
                "CStepGuard",
            ],
            swiftSettings: swift),
        .executableTarget(
            name: "adosim",
            dependencies: [
                "ADOSimulator", "ADOSpec",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: swift),

        // MARK: Servers and tools. Executables parse arguments and wire; nothing else.
        .target(
            name: "ADOServer",
            dependencies: [
                "ADO", "ADOObjects", "ADOApps", "MultiPaxos", "Provenance",
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: swift),
        .executableTarget(
            name: "adod",
            dependencies: [
                "ADOServer", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: swift),
        .executableTarget(
            name: "adoctl",
            dependencies: [
                "ADOServer", "MultiPaxos", "Provenance", "ProvenanceFiles",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: swift),
        .target(
            name: "FaultTools", path: "Benchmarks/FaultTools", exclude: ["Shims"],
            swiftSettings: swift),
        .target(
            name: "Bench",
            dependencies: [
                "ADO", "ADOObjects", "ADOApps", "ADOSpec", "Linearizability", "MultiPaxos",
                "ADOServer", "FaultTools",
                .product(name: "Histogram", package: "hdrhistogram-swift"),
                .product(name: "DequeModule", package: "swift-collections"),
            ], path: "Benchmarks/Bench", swiftSettings: swift),
        .executableTarget(
            name: "adobench",
            dependencies: [
                "Bench", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], path: "Benchmarks/adobench", swiftSettings: swift),

        .executableTarget(
            name: "pipeline", dependencies: ["CLibUV", "CLibLMDB"], path: "Benchmarks/pipeline",
            cSettings: cWarnings + [.define("_GNU_SOURCE")]),

        // MARK: Tests.
        .target(
            name: "TestSupport", dependencies: ["ADO", "ADOApps", "Linearizability"],
            path: "Tests/TestSupport", swiftSettings: swift),
        .testTarget(name: "ADOTests", dependencies: ["ADO", "TestSupport"]),
        .testTarget(
            name: "ADOMacrosTests",
            dependencies: ["ADO", "ADOMacros", "MultiPaxos", "TestSupport"]
                + syntax([
                    "SwiftDiagnostics", "SwiftParser", "SwiftSyntax", "SwiftSyntaxMacroExpansion",
                    "SwiftSyntaxMacros",
                ]),
            exclude: ["Expansions", "Transcripts"],
            swiftSettings: [.treatAllWarnings(as: .error)]),
        .testTarget(name: "ADOObjectsTests", dependencies: ["ADOObjects", "ADO", "TestSupport"]),
        .testTarget(
            name: "ADOAppsTests",
            dependencies: [
                "ADOApps", "ADO", "ADOObjects", "ADOSimulator", "ADOSpec", "Linearizability",
                "TestSupport",
            ]),
        .testTarget(name: "ADOSpecTests", dependencies: ["ADOSpec", "ADO", "TestSupport"]),
        .testTarget(
            name: "ProvenanceTests",
            dependencies: ["Provenance", "ProvenanceFiles", "ADO", "ADOObjects", "TestSupport"]),
        .testTarget(
            name: "LinearizabilityTests", dependencies: ["Linearizability", "TestSupport"]),
        .testTarget(
            name: "CoreTests",
            dependencies: ["ADOSimulator", "ADOSpec", "CMultiPaxos", "TestSupport"],
            exclude: ["Transcripts"]),
        .testTarget(
            name: "StorageTests",
            dependencies: ["CMultiPaxos", "CMultiPaxosLMDB", "CMultiPaxosUV", "TestSupport"]),
        .testTarget(
            name: "MultiPaxosTests",
            dependencies: ["MultiPaxos", "ADO", "ADOObjects", "ADOSpec", "TestSupport"]),
        .testTarget(name: "BenchTests", dependencies: ["Bench", "ADO", "ADOSpec", "TestSupport"]),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "MultiPaxos", "ADO", "ADOObjects", "ADOApps", "ADOServer", "ADOSimulator",
                "CMultiPaxos", "Linearizability", "FaultTools", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "ADOSimulatorTests",
            dependencies: [
                "ADOSimulator", "ADOSpec", "ADO", "ADOObjects", "CMultiPaxos", "TestSupport",
            ]),
        .testTarget(name: "TidyTests", dependencies: ["TestSupport"]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c17
)
