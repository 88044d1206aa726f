enum CallStep {
    case none
    var server: UInt64? { nil }
}
final class CallLayer {
    init(_ s: Simulation) {}
    func perform(_ s: CallStep) {}
    func crash(_ n: UInt64) {}
    func start(_ n: UInt64) {}
    func preempted(_ n: UInt64, _ g: UInt64) {}
    func confirmed(_ n: UInt64, _ g: UInt64) {}
    func begin() {}
    func end() {}
}
