/// What lives on the members of a simulation, and what it is told: whoever calls, and the objects
/// that servers host.
protocol Guest: AnyObject {
    /// How many calls or operations were answered.
    var answered: Int { get }
    func begin()
    func crash(_ node: UInt64)
    func start(_ node: UInt64)
    /// A snapshot took the place of what a member had applied, or its log led there.
    func installed(_ snapshot: StoredSnapshot, _ node: UInt64, _ group: UInt64)
    /// What a member has applied of a group, encoded; nil if it hosts nothing.
    func state(of member: Member, _ group: UInt64) -> [UInt8]?
    /// A node owns no more: what it pushed is unknown.
    func preempted(_ node: UInt64, _ group: UInt64)
    /// What the owner has applied holds all that was committed before these reads came.
    func confirmed(_ node: UInt64, _ group: UInt64, _ tickets: [ReadTicket])
    /// Judges what was seen.
    func end()
}
