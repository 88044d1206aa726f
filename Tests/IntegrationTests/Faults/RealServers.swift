import Testing

/// Everything that runs `adod` processes.
@Suite struct `Real servers` {}
