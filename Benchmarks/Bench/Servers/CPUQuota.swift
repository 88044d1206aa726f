import Foundation

/// Control groups of the kernel in which each process gets at most a part of one core.
///
/// On shared cores a server that dies frees its part for the others, which flatters them. With a
/// quota each has no more than its own, whoever lives.
struct CPUQuota: Sendable {
    /// A short period, so that a server that has used its part stands still for milliseconds.
    static let periodMicroseconds = 10_000

    /// How the kernel is told.
    enum Version: Sendable, Equatable {
        /// `cpu.cfs_quota_us` in the tree of the controller `cpu`.
        case first
        /// `cpu.max` in the one tree.
        case second
    }

    let percent: Int
    let version: Version
    /// The directory in which groups are made.
    let parent: String

    /// Finds where groups can be made, and tries it.
    ///
    /// - Parameters:
    ///   - percent: hundredths of one core.
    ///   - root: where the file systems of the kernel are; a test has others.
    init(percent: Int, root: String = "") throws(BenchError) {
        self.percent = percent
        let candidates = Self.candidates(
            mounts: Self.text("\(root)/proc/self/mounts"),
            groups: Self.text("\(root)/proc/self/cgroup"))
        for (version, folder) in candidates {
            let probe = "\(root)\(folder)/adobench-probe-\(UInt32.random(in: 0...UInt32.max))"
            guard mkdir(probe, 0o755) == 0 else { continue }
            defer { rmdir(probe) }
            guard Self.limit(probe, version, percent) else { continue }
            self.version = version
            parent = root + folder
            return
        }
        let tried = candidates.map(\.folder).joined(separator: ", ")
        throw BenchError(
            """
            --quota needs a control group with the controller cpu in which groups can be made; \
            \(tried.isEmpty ? "there is none" : "not possible: \(tried)"). Run as root, or under \
            `systemd-run --user --scope -p Delegate=yes`, or leave --quota out: pinning to cores \
            would not be a quota.
            """)
    }

    /// Directories in which a group could be made: the own one, and the one above.
    static func candidates(mounts: String, groups: String) -> [(version: Version, folder: String)] {
        var found: [(version: Version, folder: String)] = []
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count >= 4 else { continue }
            let (mount, type) = (String(fields[1]), fields[2])
            let isFirst = type == "cgroup" && fields[3].split(separator: ",").contains("cpu")
            guard isFirst || type == "cgroup2" else { continue }
            let own = path(of: isFirst ? "cpu" : "", in: groups)
            let above = String(own[..<(own.lastIndex(of: "/") ?? own.startIndex)])
            for path in own.isEmpty ? [own] : [own, above] {
                found.append((isFirst ? .first : .second, mount + path))
            }
        }
        // A hybrid system has the controller in the old tree alone.
        return found.sorted { $0.version == .second && $1.version == .first }
    }

    /// The path of the own group, without a slash at the end, from lines like `4:cpu,cpuacct:/a`.
    private static func path(of controller: String, in groups: String) -> String {
        for line in groups.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let names = fields[1].split(separator: ",")
            guard controller.isEmpty ? names.isEmpty : names.contains(Substring(controller))
            else { continue }
            return fields[2] == "/" ? "" : String(fields[2])
        }
        return ""
    }

    private static func text(_ path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }

    /// Writes into a file of the kernel, which is there already; false if it does not take it.
    private static func write(_ text: String, to path: String) -> Bool {
        let file = open(path, O_WRONLY)
        guard file >= 0 else { return false }
        defer { close(file) }
        return Array(text.utf8).withUnsafeBytes { bytes in
            Glibc.write(file, bytes.baseAddress, bytes.count) == bytes.count
        }
    }

    private static func limit(_ group: String, _ version: Version, _ percent: Int) -> Bool {
        let quota = periodMicroseconds * percent / 100
        switch version {
        case .first:
            return write("\(periodMicroseconds)", to: "\(group)/cpu.cfs_period_us")
                && write("\(quota)", to: "\(group)/cpu.cfs_quota_us")
        case .second:
            return write("\(quota) \(periodMicroseconds)", to: "\(group)/cpu.max")
        }
    }

    /// A group for one process.
    ///
    /// It keeps its name, so that a process that is started again gets no second part.
    func group(_ name: String) throws(BenchError) -> Group {
        let path = "\(parent)/\(name)"
        guard mkdir(path, 0o755) == 0 || errno == EEXIST, Self.limit(path, version, percent) else {
            throw BenchError("cannot make the control group \(path): \(errorText()).")
        }
        return Group(path: path)
    }

    /// One group, for one process after the other.
    struct Group: Sendable {
        let path: String

        /// Moves a process into it, with all its threads.
        func take(_ pid: pid_t) throws(BenchError) {
            guard CPUQuota.write("\(pid)", to: "\(path)/cgroup.procs") else {
                throw BenchError("cannot move process \(pid) to \(path): \(errorText()).")
            }
        }

        /// A number of `cpu.stat`, such as `nr_throttled`; nil if it has none of that name.
        func statistic(_ name: String) -> UInt64? {
            for line in CPUQuota.text("\(path)/cpu.stat").split(separator: "\n") {
                let words = line.split(separator: " ")
                if words.count == 2, words[0] == name { return UInt64(words[1]) }
            }
            return nil
        }

        /// Removes it; no process may be left in it.
        func remove() { rmdir(path) }
    }
}

private func errorText() -> String { String(cString: strerror(errno)) }
