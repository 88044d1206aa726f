internal import ADO
internal import ADOObjects

/// The steps of a read: where the key leads, and what is there.
struct ReadSteps: Sendable {
    let data: Handle<DVector<String>>
    let meta: Handle<MetaVector>

    struct Found: Sendable {
        let meta: Meta
        let value: String
    }

    /// Finds the newest place that is filled.
    ///
    /// A newer one that is vacant waits for its writer, or will never be filled: its write has not
    /// taken effect. Or it was freed, because the key leads elsewhere by now. Nothing is freed
    /// that a key leads to: if it still does, the place was not freed, and the older value stands.
    func read(
        _ key: String, hash: UInt64, _ deadline: Duration
    ) async throws(CallFailure) -> Found? {
        var leads = try await find(key, hash, deadline)
        while let (places, settled) = leads.map({ ($0.all, $0.settled) }) {
            let values = try await data.call(
                .look(at: places.map(\.index)), policy: policy(deadline))
            let found = (values.last ?? nil).map { value in
                Found(meta: places[values.count - 1], value: value)
            }
            let vacant = found == nil ? places[...] : places.prefix(values.count - 1)
            guard !vacant.isEmpty else { return found }
            leads = try await find(key, hash, deadline)
            if let settled, vacant.contains(settled), leads?.settled == settled {
                throw .unreadable
            }
            if vacant.allSatisfy({ leads?.leads(to: $0.index) ?? false }) { return found }
        }
        return nil
    }

    private func find(
        _ key: String, _ hash: UInt64, _ deadline: Duration
    ) async throws(CallFailure) -> MetaLeads? {
        try await meta.call(.leads(key, hash: hash), policy: policy(deadline))
    }

    private func policy(_ deadline: Duration) -> CallPolicy {
        .exactlyOnce(deadline: max(.zero, deadline - data.surroundings.now))
    }
}
