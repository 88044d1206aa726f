import Testing

@testable import MultiPaxos

@Suite struct `A table of routes` {
    @Test func `gives a route to another pipeline only after all others`() throws {
        let table = RouteTable()
        let first = try #require(table.reserve())
        table.remove(first)
        for _ in 1..<RouteTable.routesMax {
            let next = try #require(table.reserve())
            #expect(next != first)
            table.remove(next)
        }
        #expect(table.reserve() == first)
    }

    @Test func `has so many routes, and none beyond`() throws {
        let table = RouteTable()
        let routes = Set((0..<RouteTable.routesMax).compactMap { _ in table.reserve() })
        #expect(routes == Set(1...RouteTable.routesMax))
        #expect(table.reserve() == nil)
        table.remove(700)
        #expect(table.reserve() == 700)
    }

    @Test func `finds what was set, until it is removed`() throws {
        let table = RouteTable()
        let route = try #require(table.reserve())
        #expect(table.find(route) == nil)
        table.set(route, RouteTable.Route { _ in })
        #expect(table.find(route) != nil)
        table.remove(route)
        #expect(table.find(route) == nil)
    }
}
