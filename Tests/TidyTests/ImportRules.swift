private let core = "CSources/CMultiPaxos/"
private let cModules = [
    "CMultiPaxos", "CMultiPaxosLMDB", "CMultiPaxosUV", "CLibUV", "CLibLMDB", "CStepGuard",
]

extension Rule {
    /// Who may know whom.
    static let imports: [Rule] = [
        .eachLine(
            "the core includes only freestanding headers", in: { $0.path.hasPrefix(core) },
            mustReject: [
                SourceFile(core + "src/a.c", "#include <stdio.h>"),
                SourceFile(core + "src/a.c", "# include <uv.h>"),
                SourceFile(core + "src/log.c", "#include <xxhash.h>"),
                SourceFile(core + "src/log.c", "#include \"mp_lmdb.h\""),
            ],
            mustAccept: [
                SourceFile(core + "src/assert.c", "#include <stdio.h>"),
                SourceFile(core + "src/batch.c", "#include <xxhash.h>"),
                SourceFile(core + "src/log.c", "#include \"mp/log.h\"\n#include <string.h>"),
            ]
        ) { file, line in
            guard let header = includedHeader(line) else { return nil }
            return mayInclude(file, header) ? nil : "includes \(header)"
        },
        .eachLine(
            "no adapter knows the library of the other",
            in: { $0.path.hasPrefix("CSources/CMultiPaxos") },
            mustReject: [
                SourceFile("CSources/CMultiPaxosLMDB/src/a.c", "#include <uv.h>"),
                SourceFile("CSources/CMultiPaxosUV/src/a.c", "#include <lmdb.h>"),
            ],
            mustAccept: [SourceFile("CSources/CMultiPaxosUV/src/a.c", "#include <uv.h>")]
        ) { file, line in
            let isStorage = file.path.hasPrefix("CSources/CMultiPaxosLMDB")
            let foreign = isStorage ? ["<uv.h>", "\"mp_uv.h\""] : ["<lmdb.h>"]
            guard let header = includedHeader(line), foreign.contains(header) else { return nil }
            return "includes \(header)"
        },
        .eachLine(
            "only the modules MultiPaxos and ADOSimulator, and the tests, import C",
            in: { $0.isSwift && !$0.path.hasPrefix("Tests/") },
            mustReject: [
                SourceFile("Sources/ADO/A.swift", "internal import CMultiPaxos"),
                SourceFile("Sources/MultiPaxos/A.swift", "public import CMultiPaxosUV"),
                SourceFile("Sources/MultiPaxos/A.swift", "import CMultiPaxos"),
                SourceFile("Benchmarks/Bench/A.swift", "private import CLibUV"),
                SourceFile("Sources/ADOSimulator/A.swift", "internal import CMultiPaxosUV"),
                SourceFile("Sources/adosim/A.swift", "internal import CMultiPaxos"),
            ],
            mustAccept: [
                SourceFile("Sources/MultiPaxos/A.swift", "internal import CMultiPaxosUV"),
                SourceFile("Sources/ADOSimulator/A.swift", "internal import CMultiPaxos"),
                SourceFile("Tests/CoreTests/A.swift", "import CMultiPaxos"),
            ]
        ) { file, line in
            guard let module = importedModule(line), cModules.contains(module) else { return nil }
            guard mayImport(file, module) else { return "imports \(module)" }
            return line.hasPrefix("internal ") ? nil : "imports \(module) otherwise than internally"
        },
        .eachLine(
            "no source imports Foundation", in: { $0.path.hasPrefix("Sources/") },
            mustReject: [
                SourceFile("Sources/ADO/A.swift", "import Foundation"),
                SourceFile("Sources/ADO/A.swift", "internal import struct Foundation.URL"),
            ],
            mustAccept: [SourceFile("Tests/A.swift", "import Foundation")]
        ) { _, line in
            importedModule(line) == "Foundation" ? "imports Foundation" : nil
        },
        Rule(
            name: "executables parse arguments and wire, nothing else", appliesTo: isExecutable,
            check: { file in
                guard file.length > 200 else { return [] }
                let what = "an executable's file has \(file.length) lines; move the logic out"
                return [Finding(path: file.path, line: 1, what: what)]
            },
            mustReject: [
                SourceFile("Sources/adod/A.swift", String(repeating: "\n", count: 201)),
                SourceFile("Benchmarks/adobench/A.swift", String(repeating: "\n", count: 201)),
            ],
            mustAccept: [SourceFile("Sources/adod/A.swift", String(repeating: "\n", count: 200))]),
    ]

    @Sendable static func isExecutable(_ file: SourceFile) -> Bool {
        executables.contains { file.path.hasPrefix($0) }
    }

    static let executables = [
        "Sources/adod/", "Sources/adoctl/", "Sources/adosim/", "Benchmarks/adobench/",
    ]
}

/// The header of an `#include` line, with its quotes or angle brackets.
private func includedHeader(_ line: Substring) -> String? {
    guard line.holds("include") else { return nil }
    return line.prefixMatch(of: #/\s*#\s*include\s*([<"][^>"]*[>"])/#).map { String($0.1) }
}

private func mayInclude(_ file: SourceFile, _ header: String) -> Bool {
    switch header {
    case "<limits.h>", "<stdbool.h>", "<stddef.h>", "<stdint.h>", "<string.h>": return true
    case "<stdio.h>", "<stdlib.h>": return file.path == core + "src/assert.c"
    case "<xxhash.h>": return file.path == core + "src/batch.c"
    default: return header.hasPrefix("\"") && !header.hasPrefix("\"mp_")
    }
}

/// The simulator judges the core itself, not a translation of it; it knows no adapter.
private func mayImport(_ file: SourceFile, _ module: String) -> Bool {
    if file.path.hasPrefix("Sources/ADOSimulator/") {
        return module == "CMultiPaxos" || module == "CStepGuard"
    }
    return file.path.hasPrefix("Sources/MultiPaxos/") && module != "CStepGuard"
}

/// The module that an `import` line names.
private func importedModule(_ line: Substring) -> String? {
    guard line.holds("import ") else { return nil }
    let pattern = #/^(@\w+ )*([a-z]+ )?import ((struct|class|enum|func|protocol|var) )?(\w+)/#
    return line.prefixMatch(of: pattern).map { String($0.5) }
}
