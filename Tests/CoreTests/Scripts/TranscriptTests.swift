import TestSupport
import Testing

@Suite struct `Transcripts of the core` {
    @Test(arguments: Transcript.all(in: "../Transcripts"))
    func `still match`(transcript: Transcript) throws {
        let cluster = ScriptedCluster()
        try transcript.check(cluster.run)
    }

    @Test func `are there`() {
        #expect(Transcript.all(in: "../Transcripts").count >= 5)
    }

    @Test func `do not accept what they do not understand`() {
        #expect(throws: ScriptedCluster.Misunderstood.self) {
            _ = try ScriptedCluster().run("pusl 1")
        }
    }
}
