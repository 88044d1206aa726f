internal import ADO
internal import CMultiPaxos

/// How the faults of the schedule begin and end.
extension Simulation {
    func begin(_ number: Int) {
        guard !isCalm else { return }
        let injection = injections[number]
        begun[injection.fault.faultClass, default: 0] += 1
        after(injection.lasts, .end(number))
        underWay.insert(number)
        switch injection.fault {
        case .loss, .duplication, .delay, .corruption, .slowDisk, .fullDisk, .skew, .lag:
            level(injection.fault)
        case .cut(let lines, let isNoticed): cut(lines, isNoticed)
        case .clog(let lines): for line in lines { network.clog(line) }
        case .crash(let place), .damage(let place, _, _), .wipe(let place): crash(at: place)
        case .renew(let place): beginRenewal(place)
        case .pause(let place): pauses[place, default: 0] += 1
        case .flushError(let place): failing.insert(cluster.members[place].id)
        case .rollback(let place): snapshots[place] = cluster.members[place].disk
        case .jump(let place, let step): cluster.members[place].clock.jump(by: step, at: now)
        case .replaceClient(let place), .trim(let place): crash(at: place)
        case .rival(let place):
            rivals[place, default: 0] += 1
            pullAll(place)
        case .pull(let place):
            pulling[place, default: 0] += 1
            pullAll(place)
        case .push(let place): pushAll(place)
        case .crowd: crowd()
        case .rot(let place, _): crash(at: place)
        case .tear(let place, let isNoticed): tearing[cluster.members[place].id] = isNoticed
        }
    }

    func end(_ number: Int) {
        guard !isCalm else { return }
        underWay.remove(number)
        switch injections[number].fault {
        case .loss, .duplication, .delay, .corruption, .slowDisk, .fullDisk, .skew, .lag:
            level(injections[number].fault)
        case .cut(let lines, let isNoticed): uncut(lines, isNoticed)
        case .clog(let lines): for line in lines { release(network.unclog(line)) }
        case .crash(let place), .replaceClient(let place): revive(place)
        case .pause(let place): endPause(place)
        case .flushError(let place): failing.remove(cluster.members[place].id)
        case .damage(let place, let number, let isHard):
            let group = plan.groups[number % plan.groups.count]
            damage(place, group, isHard ? nil : random.below(1 << 20))
        case .wipe(let place): replaceDisk(place, by: Disk())
        case .renew(let place): endRenewal(place)
        case .rollback(let place):
            crash(at: place)
            replaceDisk(place, by: snapshots[place] ?? Disk())
        case .jump, .push, .crowd: break
        case .rival(let place): rivals[place, default: 1] -= 1
        case .pull(let place): pulling[place, default: 1] -= 1
        case .rot(let place, let frame): damage(place, plan.groups[0], frame)
        case .tear(let place, _): endTear(cluster.members[place].id)
        case .trim(let place):
            trimOthers(than: place)
            revive(place)
        }
    }

    /// Sets what faults of a kind come to that are under way: where several overlap, the worst.
    private func level(_ changed: Fault) {
        switch changed {
        case .loss:
            network.weather.loss = worst { if case .loss(let rate) = $0 { rate } else { nil } }
        case .duplication:
            network.weather.duplication = worst {
                if case .duplication(let rate) = $0 { rate } else { nil }
            }
        case .delay:
            network.weather.delay = worst { if case .delay(let rate) = $0 { rate } else { nil } }
        case .corruption:
            network.weather.corruption = worst {
                if case .corruption(let rate) = $0 { rate } else { nil }
            }
        case .slowDisk(let place, _):
            let delay = worst { if case .slowDisk(place, let delay) = $0 { delay } else { nil } }
            slowDisk(place, delay > 0 ? delay : nil)
        case .fullDisk(let place):
            setFull(place, worst { if case .fullDisk(place) = $0 { 1 } else { nil } } > 0)
        case .skew(let place, _):
            let rate = worst { if case .skew(place, let rate) = $0 { rate } else { nil } }
            cluster.members[place].clock.setRate(rate > 0 ? rate : 1000, at: now)
        case .lag(let lines, _):
            for line in lines {
                network.slow(
                    [line],
                    by: worst { fault in
                        guard case .lag(let lines, let delay) = fault, lines.contains(line) else {
                            return nil
                        }
                        return delay
                    })
            }
        default: break
        }
    }

    private func worst(_ value: (Fault) -> UInt64?) -> UInt64 {
        underWay.compactMap { value(injections[$0].fault) }.max() ?? 0
    }

    private func pullAll(_ place: Int) {
        let member = cluster.members[place]
        guard member.isUp, pauses[place] == nil else { return }
        for group in plan.groups
        where !member.view(group).lost && !member.view(group).unnamed {
            cluster.pull(member.id, group: group, within: 2 * timeout)
        }
    }

    private func pushAll(_ place: Int) {
        let member = cluster.members[place]
        guard member.isUp, pauses[place] == nil else { return }
        for group in plan.groups {
            for _ in 0..<plan.window { invoke(member.id, group) }
            cluster.push(member.id, group: group)
        }
        react()
    }

    /// All in one batch; tried again until an owner has room for it.
    func crowd() {
        let group = plan.groups[0]
        let entries = (1...UInt64(4096)).map { number in
            CallHeader(session: number, request: 0, lowest: 0, operation: .open).encoded()
        }
        for owner in cluster.members where owner.isUp && owner.view(group).role == MP_OWNING {
            if cluster.invoke(owner.id, Draft(entries), group: group) == MP_OK {
                cluster.push(owner.id, group: group)
                calls?.noteCrowd(group)
                return
            }
        }
        after(timeout / 8, .crowd)
    }

    // MARK: Nodes

    func crash(at place: Int) {
        let member = cluster.members[place]
        guard member.isUp else { return }
        // A process that was stopped and then killed is not stopped any more.
        if pauses[place] != nil { resume(place) }
        crash(member.id)
    }

    private func endPause(_ place: Int) {
        guard let count = pauses[place] else { return }
        pauses[place] = count - 1
        if count == 1 { resume(place) }
    }

    /// Starts a member again; a client is then another proposer, so that its id is drawn anew.
    func revive(_ place: Int) {
        let node = cluster.members[place].id
        guard !cluster.members[place].isUp else { return }
        if cluster.members[place].votes { return restart(node) }
        let reborn = clientBit | random.within(1_000...1 << 40)
        cluster.replaceClient(node, by: reborn)
        restart(reborn)
    }

    // MARK: Disks

    private func slowDisk(_ place: Int, _ delay: UInt64?) {
        let member = cluster.members[place]
        stalls[member.id] = delay
        tellDisk(member.id)
        // What a disk was stuck with it does when it is not stuck any more.
        if delay == nil { flushSoon(member.id) }
    }

    private func setFull(_ place: Int, _ isFull: Bool) {
        let member = cluster.members[place]
        if isFull { full.insert(member.id) } else { full.remove(member.id) }
        tellDisk(member.id)
    }

    /// Says how the disk of a member is that runs; one that starts is told as well.
    func tellDisk(_ node: UInt64) {
        guard cluster[node].isUp else { return }
        cluster.setDisk(node, stall: stalls[node] ?? 0, full: full.contains(node))
    }

    /// A damaged hard state loses the group when the node starts: it has no vote any more.
    ///
    /// A damaged frame is repaired from peers, and the node votes again.
    private func damage(_ place: Int, _ group: UInt64, _ frame: Int?) {
        let member = cluster.members[place]
        guard !member.isUp else { return }
        let isDamaged = member.damageDisk(group, frame: frame)
        let isAbsent = plan.plant == .corruptIsAbsent
        if isAbsent { member.disk.forgetDamaged(group) }
        begin(member.id, lost: isDamaged && frame == nil && !isAbsent ? [group] : [])
        react()
    }

    /// The write that is torn was the last one: nothing after it is on the disk.
    ///
    /// A frame that its checksum tells is damaged; it was never acknowledged, and is repaired from
    /// others or replaced like any other.
    func tear(_ node: UInt64, isNoticed: Bool) {
        if isNoticed, cluster[node].tearNextWrite() { tornFrames += 1 }
        torn.insert(node)
        crash(node, writing: 0)
    }

    private func endTear(_ node: UInt64) {
        tearing[node] = nil
        if torn.remove(node) != nil { restart(node) }
    }

    private func replaceDisk(_ place: Int, by disk: Disk) {
        let member = cluster.members[place]
        guard !member.isUp else { return }
        switch plan.plant {
        case .wipedVotes: member.disk = .caughtUp(plan.groups, cluster.ledger)
        case .rolledBackVotes: member.disk = disk
        default: member.lose(disk)
        }
        restart(member.id)
    }

    // MARK: Links

    private func cut(_ lines: [Fault.Line], _ isNoticed: Bool) {
        for line in lines {
            network.cut(line, by: 1)
            guard isNoticed else { continue }
            network.reset(line.from, line.to)
            tell(cluster.members[line.from].id, cluster.members[line.to].id, reachable: false)
        }
    }

    private func uncut(_ lines: [Fault.Line], _ isNoticed: Bool) {
        for line in lines {
            network.cut(line, by: -1)
            guard isNoticed else { continue }
            tell(cluster.members[line.from].id, cluster.members[line.to].id, reachable: true)
        }
    }

    func release(_ packets: [Packet]) {
        for packet in packets {
            guard let from = cluster.place(of: packet.from), let to = cluster.place(of: packet.to)
            else { continue }
            after(random.within(1...1_000), .arrive(packet, epoch: network.epoch(from, to)))
        }
    }
}
