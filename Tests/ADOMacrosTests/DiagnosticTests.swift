#if Macros
import TestSupport
import Testing

/// The transcripts hold one declaration per command: a whole one that begins with `@AtomicObject`,
/// or a member of an object that has nothing else but a method and a property.
@Suite struct `What cannot be replicated` {
    @Test(arguments: Transcript.all()) func `is refused at its token`(transcript: Transcript) throws
    {
        try transcript.check { command in
            let command = command.replacing("|", with: "\n")
            let isWhole = command.contains("@AtomicObject")
            let prefix = "@AtomicObject struct O { var n = 0; mutating func add() { n += 1 }; "
            let diagnostics = Expander(isWhole ? command : prefix + command + " }").diagnostics
            guard !diagnostics.isEmpty else { return "accepted" }
            return diagnostics.joined(separator: "\n")
        }
    }

    @Test func `is written down in transcripts that exist`() {
        #expect(Transcript.all().count == 3)
    }
}
#endif
