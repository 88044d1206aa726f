// Creating, listing and removing objects: entries of their logs, and of the inventory.

extension Handle {
    /// Begins the object anew if it was removed.
    ///
    /// An object that was never removed exists from its first call on; to create it changes
    /// nothing. This is an entry of the log, and costs what a call does.
    ///
    /// - Returns: Whether it was removed before.
    @discardableResult
    public func revive(policy: CallPolicy = .standard) async throws(CallFailure) -> Bool {
        try await changeExistence(.create, policy)
    }

    /// Ends the object: its state is gone, and every later call fails as `removed`, until somebody
    /// creates it anew.
    ///
    /// It is an entry of the log, and costs what a call does. Requests that were answered before
    /// keep their answers.
    ///
    /// - Returns: Whether it was there.
    @discardableResult
    public func remove(policy: CallPolicy = .standard) async throws(CallFailure) -> Bool {
        try await changeExistence(.remove, policy)
    }

    private func changeExistence(
        _ operation: CallOperation, _ policy: CallPolicy
    ) async throws(CallFailure) -> Bool {
        let reply = try await perform(operation, [], policy)
        guard let result = try? Bool.decoded(from: reply.payload) else { throw .unreadable }
        return result
    }
}

extension Backend {
    private var inventory: Handle<Inventory> {
        Handle(Inventory.self, named: Inventory.name, on: self)
    }

    /// Creates an object: it is listed from now on, and exists also if it was removed before.
    ///
    /// Two entries in two logs, one after the other: after a failure create it again, which is the
    /// same as to have created it once. What was unknown may still be done later, as of any call.
    /// It costs two calls, and two more if it was removed before. If somebody removes it meanwhile,
    /// it is as if one came after the other, in both logs.
    ///
    /// - Returns: Whether it was not listed before.
    @discardableResult
    public func create<Object: AtomicObject>(
        _ type: Object.Type, named name: String, policy: CallPolicy = .standard
    ) async throws(CallFailure) -> Bool {
        let object = ObjectName(type: Object.typeName, name: name)
        let handle = Handle(type, named: name, on: self)
        let policy = policy.once
        let isNew = try await inventory.call(.add(object), policy: policy)
        // Whoever changes the list last finds the object as the list says.
        while try await handle.revive(policy: policy) {
            try await inventory.call(.add(object), policy: policy)
        }
        return isNew
    }

    /// Removes an object: its state is gone, calls of it fail as `removed`, and it is not listed.
    ///
    /// Two entries in two logs, one after the other: after a failure remove it again. What was
    /// unknown may still be done later, as of any call. It costs three calls. If somebody creates
    /// it meanwhile, it is as if one came after the other, in both logs.
    ///
    /// - Returns: Whether it was there.
    @discardableResult
    public func remove<Object: AtomicObject>(
        _ type: Object.Type, named name: String, policy: CallPolicy = .standard
    ) async throws(CallFailure) -> Bool {
        let object = ObjectName(type: Object.typeName, name: name)
        let handle = Handle(type, named: name, on: self)
        let policy = policy.once
        let wasThere = try await handle.remove(policy: policy)
        // Whoever changes the list last finds the object as the list says.
        repeat {
            try await inventory.call(.drop(object), policy: policy)
        } while try await handle.remove(policy: policy)
        return wasThere
    }

    /// The objects that were created and not removed, in the order of their names.
    ///
    /// It asks for pages of 1,024 names, each a linearizable read; an object that is created or
    /// removed between two of them may be listed or not.
    public func objects(policy: CallPolicy = .standard) async throws(CallFailure) -> [ObjectName] {
        var names: [ObjectName] = []
        while true {
            let page = try await inventory.call(.list(after: names.last), policy: policy)
            names += page
            guard page.count == Inventory.pageMax else { return names }
        }
    }
}

extension CallPolicy {
    /// The same, but that each answer is that of the one time that something was done.
    fileprivate var once: CallPolicy {
        if case .atLeastOnce(let deadline) = self { .exactlyOnce(deadline: deadline) } else { self }
    }
}
