import ADO
import ADOObjects
import Testing

@Suite struct `A counter` {
    @Test func `adds up`() async throws {
        let backend = LocalBackend()
        backend.host(Counter.self)
        let hits = Handle(Counter.self, named: "hits", on: backend)
        #expect(try await hits.call(.add(5)) == 5)
        #expect(try await hits.call(.add(-2)) == 3)
        #expect(try await hits.call(.value) == 3)
    }

    @Test func `throws instead of overflowing`() async throws {
        let backend = LocalBackend()
        backend.host(Counter.self)
        let hits = Handle(Counter.self, named: "hits", on: backend)
        try await hits.call(.add(.max))
        do {
            try await hits.call(.add(1))
            Issue.record("a sum was returned that no number holds")
        } catch {
            guard case .thrown(let failure) = error else { throw error }
            #expect(try failure.error(as: Counter.Overflow.self).value == .max)
        }
        #expect(try await hits.call(.value) == .max)
    }

    @Test func `counts an addition once although its answer is lost`() async throws {
        let backend = LocalBackend()
        backend.host(Counter.self)
        let hits = Handle(Counter.self, named: "hits", on: backend)
        for _ in 0..<5 { backend.failNextCall(.answerLost) }
        let policy = CallPolicy.exactlyOnce(deadline: .seconds(60))
        #expect(try await hits.call(.add(5), policy: policy) == 5)
        #expect(backend.committed(Counter.self, named: "hits")?.object.value == 5)
    }
}
