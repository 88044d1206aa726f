import ADO
import ADOObjects
import Foundation
import MultiPaxos
import Synchronization
import TestSupport
import Testing

private let guestList = ObjectName(type: GuestList.typeName, name: "party")
private let policy = CallPolicy.exactlyOnce(deadline: .seconds(20))

extension `Real servers` {
    @Suite struct `of an object that is not deterministic` {
        private let directory: TemporaryDirectory

        init() throws {
            directory = try TemporaryDirectory()
        }

        @Test func `name the first entry that differs, and serve other objects`() async throws {
            let cluster = try await GuestServer.cluster(in: directory)
            try await cluster.withClient { client throws in
                let party = client.object(GuestList.self, named: guestList.name)
                let sum = client.object(Counter.self, named: "sum")
                try await invite(1...20, to: party)
                _ = try await party.call(.announce, policy: policy)
                try? await invite(21...400, to: party)
                let place = try await firstCall(of: 2, client)
                for node in cluster.nodes {
                    let reason = try await reason(on: node, client)
                    #expect(reason.index == place)
                    #expect(reason.divergence?.isExact == true)
                    #expect(reason.divergence?.method == "announce")
                }
                for _ in 1...20 { try await sum.call(.add(1), policy: policy) }
                #expect(try await sum.call(.value, policy: policy) == 20)
                try await cluster.waitUntilAgreed(on: sum.name, client)
                for node in cluster.nodes {
                    let line = "object GuestList/party: At entry \(place), announce, replicas"
                    #expect(cluster.log(of: node).contains(line))
                }
            }
            try await cluster.stop()
        }

        @Test func `keep it stopped when they are killed and come back`() async throws {
            let cluster = try await GuestServer.cluster(in: directory)
            let place = try await cluster.withClient { client throws in
                let party = client.object(GuestList.self, named: guestList.name)
                try await invite(1...20, to: party)
                _ = try await party.call(.announce, policy: policy)
                return try await firstCall(of: 2, client)
            }
            for killed in [[1], cluster.nodes] {
                try await cluster.kill(killed)
                try await cluster.restart(killed)
                try await cluster.withClient { client throws in
                    try await poke(client)
                    for node in cluster.nodes {
                        #expect(try await reason(on: node, client).index == place)
                    }
                }
            }
            try await cluster.stop()
        }

        @Test func `name it from before a snapshot, and find it again from there`() async throws {
            // Comparisons are so far apart that a snapshot comes between.
            let cluster = try await GuestServer.cluster(
                in: directory, electionTimeout: 2000, snapshotBytes: 1024)
            try await cluster.withClient { client throws in
                let party = client.object(GuestList.self, named: guestList.name)
                try await invite(1...20, to: party)
                _ = try await party.call(.announce, policy: policy)
                let place = try await firstCall(of: 2, client)
                try? await invite(21...150, to: party)
                for node in cluster.nodes {
                    let reason = try await reason(on: node, client)
                    #expect(reason.index == place)
                    #expect(reason.divergence?.isExact == true)
                }
                let snapshots = try await snapshots(cluster, client)
                #expect(snapshots.contains { $0 >= place }, "no snapshot in time: \(snapshots)")
            }
            try await cluster.kill(cluster.nodes)
            try await cluster.restart(cluster.nodes)
            try await cluster.withClient { client throws in
                try await poke(client)
                for node in cluster.nodes {
                    #expect(try await reason(on: node, client).divergence != nil)
                }
            }
            try await cluster.stop()
        }

        @Test func `find a state that no result shows`() async throws {
            let cluster = try await GuestServer.cluster(in: directory)
            try await cluster.withClient { client throws in
                let party = client.object(GuestList.self, named: guestList.name)
                _ = try await party.call(.stamp, policy: policy)
                let place = try await firstCall(of: 3, client)
                for node in cluster.nodes {
                    let divergence = try #require(try await reason(on: node, client).divergence)
                    #expect(divergence.subject == .state)
                    #expect((divergence.agreed + 1...divergence.index).contains(place))
                }
            }
            try await cluster.stop()
        }
    }
}

private func invite(_ guests: ClosedRange<Int>, to party: Handle<GuestList>) async throws {
    for guest in guests { _ = try await party.call(.invite("guest \(guest)"), policy: policy) }
}

/// Has the object owned, so that the servers learn all that is committed, and apply it.
private func poke(_ client: Cluster) async throws {
    let party = client.object(GuestList.self, named: guestList.name)
    try await poll(until: "the object is owned") {
        do throws(CallFailure) {
            _ = try await party.call(.invite("a late guest"), policy: policy)
            return true
        } catch {
            if case .quarantined = error { return true }
            return false
        }
    }
}

/// Why a server's replica stopped, once it has.
private func reason(on node: UInt64, _ client: Cluster) async throws -> Quarantine {
    try await poll(for: "node \(node) stops the object") {
        try? await client.client.status(of: guestList, on: node)?.quarantine
    }
}

private func snapshots(_ cluster: ServerCluster, _ client: Cluster) async throws -> [UInt64] {
    var found: [UInt64] = []
    for node in cluster.nodes {
        found.append(try await client.patientStatus(of: guestList, on: node)?.snapshot ?? 0)
    }
    return found
}

/// The first entry of the log that calls the method with a tag, read from whoever has it.
private func firstCall(of tag: UInt8, _ client: Cluster) async throws -> UInt64 {
    try await poll(for: "the log holds the call") {
        for node in 1...3 as ClosedRange<UInt64> {
            let found = Mutex<UInt64?>(nil)
            _ = try? await client.client.fetchAll(guestList, from: node) { frame in
                guard let place = firstCall(of: tag, in: frame) else { return }
                found.withLock { $0 = $0 ?? place }
            }
            if let place = found.withLock({ $0 }) { return place }
        }
        return nil
    }
}

private func firstCall(of tag: UInt8, in frame: borrowing LogFrame) -> UInt64? {
    var reader = Reader(frame.entries)
    for index in frame.first...frame.last {
        guard let size = try? reader.u32(), let kind = try? reader.u32(),
            var payload = (try? reader.raw(Int(size))).map({ Reader($0) })
        else { return nil }
        guard kind == EntryKind.call.rawValue,
            let header = try? CallHeader.readSkippingOrigin(&payload), header.operation == .method
        else { continue }
        if (try? payload.u8()) == tag { return index }
    }
    return nil
}
