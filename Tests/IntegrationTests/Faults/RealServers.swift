import Testing

/// Everything that runs `adod` processes, one test after the other: they share two cores.
@Suite(.serialized) struct `Real servers` {}
