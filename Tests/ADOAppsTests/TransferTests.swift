import ADO
import ADOApps
import ADOObjects
import ADOSpec
import Testing

@Suite struct `A transfer between two accounts` {
    private func accounts(_ player: OraclePlayer) -> [Int] {
        ["a", "b"].map { player.committed(BankAccount.self, named: $0)?.balance ?? 0 }
    }

    @Test func `moves money if all goes well`() async throws {
        let player = OraclePlayer()
        let source = Handle(BankAccount.self, named: "a", on: player.client(1))
        try await source.pull()
        try source.invoke(.deposit(100))
        try await source.push()
        player.host(BankAccount.self)
        let transfer = Transfer(from: "a", to: "b", on: player.client(1))
        try await transfer.move(30)
        #expect(accounts(player) == [70, 30])
        await #expect(throws: Transfer.Failure.refused(.insufficient(balance: 70))) {
            try await transfer.move(71)
        }
    }

    /// It never makes money, and it can lose some between its steps: hence the warning.
    @Test func `can leave money nowhere, and makes none`() async {
        var sums: Set<Int> = []
        let result = await Exploration.explore(depth: 20, unkind: 1) {
            player throws(Violation) in
            player.host(BankAccount.self)
            let turns = Turns(player, deaths: 1)
            turns.run([
                { backend in
                    let account = Handle(BankAccount.self, named: "a", on: backend)
                    _ = try? await account.call(.deposit(100))
                    try? await Transfer(from: "a", to: "b", on: backend).move(30)
                }
            ])
            sums.insert(self.accounts(player).reduce(0, +))
        }
        #expect(result.failure == nil)
        #expect(sums == [0, 70, 100])
    }
}
