import TestSupport
import Testing

@testable import Bench

@Suite struct `A peer` {
    private func options(_ target: Target) -> RunOptions {
        var options = RunOptions()
        options.target = target
        return options
    }

    @Test(arguments: [Target.redis, .redisWait, .etcd])
    func `takes the load as it is`(_ target: Target) throws {
        try options(target).validate()
        #expect(options(target).servers == (target == .redis ? 1 : 3))
        #expect(target.peer?.rawValue == target.rawValue)
    }

    @Test func `that is ours is none`() {
        #expect(Target.ado.peer == nil)
        #expect(Target.pipeline.peer == nil)
    }

    @Test func `is refused what it does not know`() throws {
        let spoil: [(remedy: String, change: (inout RunOptions) -> Void)] = [
            ("--workload set, get", { $0.workload = .counter }),
            ("--workload set, get", { $0.workload = .lockFree }),
            ("--cluster", { $0.cluster = [ServerAddress(node: 1, host: "h", port: 1)] }),
            ("--adod", { $0.adod = "/bin/true" }),
            ("--plant loss", { $0.plant = .fork }),
            ("at least 2 replicas", { $0.replicas = 1 }),
            ("kill-owner", { $0.scenario = Scenario(named: "isolate-owner")! }),
            ("kill-owner", { $0.scenario = Scenario(named: "slow-disk-owner")! }),
            ("raise --clients", { $0.scenario = Scenario(named: "client-crash")! }),
            ("give --rate", { $0.scenario = Scenario(named: "overload")! }),
            ("--target etcd", { $0.equalTimeouts = true }),
            ("--target etcd", { $0.etcdLoad = "/bin/true" }),
        ]
        for (remedy, change) in spoil {
            var wrong = options(.redisWait)
            change(&wrong)
            let error = #expect(throws: BenchError.self) { try wrong.validate() }
            #expect(error?.description.contains(remedy) == true, "\(remedy)")
            #expect(error?.status == .usage)
        }
        var ours = options(.ado)
        ours.equalTimeouts = true
        #expect(throws: BenchError.self) { try ours.validate() }
    }

    @Test func `of one server has no follower that could be hit`() throws {
        var options = options(.redis)
        options.scenario = .killFollower
        #expect(throws: BenchError.self) { try options.validate() }
        options.scenario = .killOwner
        try options.validate()
        options.target = .etcd
        options.scenario = .killFollower
        try options.validate()
    }

    @Test(arguments: [(Peer.redis, "redis-server"), (.redisWait, "redis-server"), (.etcd, "etcd")])
    func `that is not installed says how it is`(_ peer: Peer, _ program: String) throws {
        let folder = try TemporaryDirectory()
        let error = #expect(throws: BenchError.self) {
            try peer.findProgram(path: "\(folder.url.path):/nowhere")
        }
        let text = error?.description ?? ""
        #expect(text.contains(program) && text.contains("`\(peer.remedy)`"))
        #expect(error?.status == .unusable)
    }

    @Test func `needs a speaker where it is etcd, and says how to build one`() {
        let error = #expect(throws: BenchError.self) {
            try EtcdSpeaker.findProgram("/nowhere/etcd-load")
        }
        #expect(error?.description.contains("--package-path Benchmarks/Etcd") == true)
    }

    @Test func `of Redis flushes before it answers, and follows the first server`() {
        let settings = PeerSettings(RunOptions())
        let owner = settings.redis(port: 20_001, directory: "/d", owner: nil)
        let text = owner.joined(separator: " ")
        #expect(text.contains("--appendonly yes --appendfsync always"))
        #expect(!owner.contains("--replicaof"))
        let replica = settings.redis(port: 20_002, directory: "/e", owner: 20_001)
        #expect(replica.suffix(3) == ["--replicaof", "127.0.0.1", "20001"])
        #expect(replica.contains("20002"))
    }

    @Test func `of etcd elects as it is shipped, or as ours does`() {
        var options = RunOptions()
        func arguments() -> String {
            PeerSettings(options).etcd(2, directory: "/d", port: 20_001, inner: [1, 2, 3])
                .joined(separator: " ")
        }
        let members = "n1=http://127.0.0.1:1,n2=http://127.0.0.1:2,n3=http://127.0.0.1:3"
        #expect(arguments().contains("--initial-cluster \(members) "))
        #expect(arguments().contains("--listen-peer-urls http://127.0.0.1:2 "))
        #expect(!arguments().contains("--election-timeout"))
        options.equalTimeouts = true
        options.electionTimeoutMilliseconds = 250
        #expect(arguments().contains("--election-timeout 250 --heartbeat-interval 50"))
    }

    @Test func `elects no earlier than etcd allows`() {
        for timeout in [10, 200, 201, 999] {
            #expect(5 * PeerSettings.heartbeat(timeout) <= timeout)
        }
    }
}
