import ADO
import ADOObjects
import Synchronization
import TestSupport
import Testing

@testable import ADOApps

@Suite struct `A step on one object` {
    /// The first push is refused, and somebody else pulls before the next.
    ///
    /// What was on the branch is gone then, and the next push has nothing to send.
    @Test func `is not done before its method is committed, whoever pulls`() async throws {
        let log = LocalBackend()
        log.host(Counter.self)
        let backend = MeddledBackend(log)
        let handle = Handle(Counter.self, named: "c", on: backend)
        let pulls = Mutex(0)
        backend.onPause.set {
            guard (try? await handle.pull()) != nil else { return }
            pulls.withLock { $0 += 1 }
        }
        let step = Step(handle: handle, pacing: Pacing())
        var patience = Patience(.retry(8), Pacing(), in: backend.surroundings)
        log.failNextPush(.refused(.busy))
        let total = try await step.commit(&patience) { _ in .add(5) }
        #expect(pulls.withLock { $0 } > 0)
        #expect(total == 5)
        #expect(log.committed(Counter.self, named: "c")?.object.value == 5)
    }
}
