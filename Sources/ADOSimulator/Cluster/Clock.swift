/// The clock of one node, against the time of the world: it may run fast or slow, and jump ahead.
struct Clock {
    private var worldAnchor: UInt64 = 0
    private var localAnchor: UInt64 = 0
    private var permille: UInt64 = 1000

    func local(at world: UInt64) -> UInt64 {
        let passed = world - worldAnchor
        // Most clocks run true, and this is asked many times in each step.
        return localAnchor + (permille == 1000 ? passed : passed * permille / 1000)
    }

    /// The first time of the world at which the clock shows `local` or more.
    func world(at local: UInt64) -> UInt64 {
        // What is never due has no time in the world either.
        if local > 1 << 50 { return .max }
        if local <= localAnchor { return worldAnchor }
        let left = local - localAnchor
        return worldAnchor + (permille == 1000 ? left : (left * 1000 + permille - 1) / permille)
    }

    mutating func setRate(_ permille: UInt64, at world: UInt64) {
        localAnchor = local(at: world)
        worldAnchor = world
        self.permille = permille
    }

    mutating func jump(by step: UInt64, at world: UInt64) {
        localAnchor = local(at: world) + step
        worldAnchor = world
    }
}
