import Testing

@testable import Bench

@Suite struct `The options of a run` {
    @Test func `are good as they are`() throws {
        try RunOptions().validate()
    }

    @Test func `refuse a fault on servers whose process is not known`() throws {
        var options = RunOptions()
        options.scenario = .pauseOwner
        options.cluster = try #require(addresses("1=a:1", "2=a:2", "3=a:3"))
        let error = #expect(throws: BenchError.self) { try options.validate() }
        #expect(error?.description.contains("--pids") == true)
        #expect(error?.status == .usage)
        options.pids = [1, 2, 3]
        try options.validate()
        options.pids = [1]
        #expect(throws: BenchError.self) { try options.validate() }
    }

    @Test func `refuse to kill what they could not start again`() throws {
        var options = RunOptions()
        options.scenario = .killOwner
        options.cluster = try #require(addresses("1=a:1", "2=a:2", "3=a:3"))
        options.pids = [1, 2, 3]
        #expect(throws: BenchError.self) { try options.validate() }
    }

    @Test func `refuse an embedded owner where it makes no sense`() throws {
        var options = RunOptions()
        options.embeddedOwner = true
        try options.validate()
        options.workload = .counter
        try options.validate()
        let spoil: [(remedy: String, change: (inout RunOptions) -> Void)] = [
            ("--scenario kill-owner", { $0.scenario = .killOwner }),
            ("--scenario kill-follower", { $0.scenario = .killFollower }),
            ("--scenario pause-owner", { $0.scenario = .pauseOwner }),
            ("--workload set or counter", { $0.workload = .get }),
            ("--workload set or counter", { $0.workload = .mixed }),
            ("leave --clients out", { $0.clients = 2 }),
        ]
        for (remedy, change) in spoil {
            var wrong = options
            change(&wrong)
            let error = #expect(throws: BenchError.self) { try wrong.validate() }
            #expect(error?.description.contains(remedy) == true, "\(remedy)")
            #expect(error?.status == .usage)
        }
    }

    @Test func `refuse a plant that needs what the run has not`() throws {
        var options = RunOptions()
        options.plant = .staleRead
        #expect(throws: BenchError.self) { try options.validate() }
        options.workload = .mixed
        try options.validate()
        options.plant = .fork
        try options.validate()
        options.traces = false
        #expect(throws: BenchError.self) { try options.validate() }
    }

    @Test func `refuse numbers that make no run`() {
        let spoil: [(inout RunOptions) -> Void] = [
            { $0.valueBytes = 15 }, { $0.inFlight = 0 }, { $0.clients = 0 }, { $0.keys = 0 },
            { $0.seconds = 0 }, { $0.warmup = -1 }, { $0.replicas = 10 }, { $0.repeats = 0 },
            { $0.electionTimeoutMilliseconds = 1 },
            {
                $0.clients = 10; $0.inFlight = 5
            },
            {
                $0.scenario = .killOwner; $0.replicas = 2
            },
        ]
        for (position, spoil) in spoil.enumerated() {
            var options = RunOptions()
            spoil(&options)
            #expect(throws: BenchError.self, "case \(position)") { try options.validate() }
        }
    }

    @Test func `read an address`() {
        #expect(
            ServerAddress("2=10.0.0.1:7101")
                == ServerAddress(node: 2, host: "10.0.0.1", port: 7101))
        for wrong in ["", "1=", "1=host", "host:1", "0=host:1", "1=:5", "1=host:99999", "x=h:1"] {
            #expect(ServerAddress(wrong) == nil, "\(wrong)")
        }
    }

    private func addresses(_ texts: String...) -> [ServerAddress]? {
        let found = texts.compactMap { ServerAddress($0) }
        return found.count == texts.count ? found : nil
    }
}
