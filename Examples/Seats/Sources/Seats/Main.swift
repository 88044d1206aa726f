import ADO
import MultiPaxos

@main
struct Main {
    static func main() async throws {
        let types = TypeRegistry()
        types.host(Seats.self)
        // Entries say which evening booked, and what it had seen; `--no-origins` turns that off.
        let cluster = try await Cluster.embedded(
            replicas: 3, types: types,
            recordsOrigins: !CommandLine.arguments.contains("--no-origins"))
        do {
            try await Activity.run("evening") { try await evening(cluster) }
        } catch {
            await cluster.shutdown()
            throw error
        }
        await cluster.shutdown()
    }

    private static func evening(_ cluster: Cluster) async throws {
        let tonight = try await cluster.create(Seats.self, named: "tonight")
        try await simply(tonight)
        try await stepByStep(tonight)
        try await together(tonight)
        try await withOneServerLess(tonight, cluster)
        try await story(of: tonight)
    }

    // 1. A call does it all: exactly once, with retries, until its deadline.
    private static func simply(_ tonight: Handle<Seats>) async throws {
        print("1. call")
        let count = try await tonight.call(.book("A1", for: "Ada"))
        print("   Ada has A1, \(count) seat booked")
        do throws(CallFailure) {
            _ = try await tonight.call(.book("A1", for: "Grace"))
        } catch .thrown(let failure) {
            print("   Grace cannot have it: \(try failure.error(as: Refusal.self))")
        }
    }

    // 2. Pull, invoke, push: each step says what failed.
    private static func stepByStep(_ tonight: Handle<Seats>) async throws {
        print("2. pull, invoke, push")
        let state = try await tonight.pull()
        print("   A1 belongs to \(state.owner(of: "A1") ?? "nobody")")
        let count = try tonight.invoke(.book("A2", for: "Ada"))
        print("   A2 booked here, speculatively: \(count) seats")
        do throws(PushFailure) {
            let index = try await tonight.push()
            print("   committed, at index \(index)")
        } catch {
            guard case .preempted(let ballot, let unknown) = error else { throw error }
            print("   \(ballot) took over; \(unknown.count) requests to settle")
        }
    }

    // 3. A batch: many methods, one round trip; nothing of it if the closure throws.
    private static func together(_ tonight: Handle<Seats>) async throws {
        print("3. batch")
        do throws(BatchFailure) {
            try await tonight.batch { batch throws(InvokeFailure) in
                _ = try batch.invoke(.book("B1", for: "Edsger"))
                _ = try batch.invoke(.book("A1", for: "Edsger"))
            }
        } catch .notInvoked(.thrown) {
            print("   Edsger wanted B1 and A1 or nothing, and got nothing")
        }
        let free = try await tonight.call(.owner(of: "B1")) == nil
        print("   B1 is \(free ? "free" : "taken")")
    }

    // 4. A server less changes nothing that a caller sees, except the time.
    private static func withOneServerLess(
        _ tonight: Handle<Seats>, _ cluster: Cluster
    ) async throws {
        print("4. one of three servers stops")
        let started = ContinuousClock.now
        await cluster.replicas?.stop(1)
        _ = try await tonight.call(
            .book("C3", for: "Barbara"), policy: .exactlyOnce(deadline: .seconds(20)))
        let time = started.duration(to: .now)
        print("   Barbara has C3, after \(time) with the stop")
        try cluster.replicas?.start(1)
    }

    // 5. The log is the story of the object.
    private static func story(of tonight: Handle<Seats>) async throws {
        print("5. changes")
        let last = Seats.MethodCall.book("C3", for: "Barbara").call
        for try await element in tonight.changes(from: 1) {
            guard case .change(let change) = element, let method = change.method else { continue }
            print("   \(change.index): \(method.signature?.text ?? "a method")")
            if method == last.method { break }
        }
        let seats = try await tonight.call(.seats(of: "Ada"))
        print("   Ada has \(seats.joined(separator: " and "))")
    }
}
