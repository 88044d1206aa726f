/// Why a run could not be done, or what it found, in one sentence with the remedy.
package struct BenchError: Error, CustomStringConvertible {
    /// The sentence.
    package let description: String
    /// The exit status that tells a script the same.
    package let status: ExitStatus

    package init(_ description: String, status: ExitStatus = .unusable) {
        self.description = description
        self.status = status
    }

    /// A wrong flag or combination of flags.
    package static func usage(_ description: String) -> BenchError {
        BenchError(description, status: .usage)
    }
}

/// The exit statuses of `adobench run`.
package enum ExitStatus: Int32, Sendable, Codable {
    /// Everything acknowledged was found, once, on every replica.
    case proved = 0
    /// A loss, a duplicate or a divergence: the product is broken.
    case refuted = 1
    /// The run says nothing: the fault did not hit what it was aimed at, or the evidence is
    /// not complete.
    case invalid = 2
    /// The flags make no sense.
    case usage = 64
    /// The run could not be carried out: a server did not start, a file cannot be written.
    case unusable = 69
}
