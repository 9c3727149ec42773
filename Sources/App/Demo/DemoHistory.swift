// Fills the demo's file: fourteen months of a company, lived through with the clock and the product's own functions.
import AsyncHTTPClient
import Billing
import Core
import Identity
import Jobs
import Logging
import Organizations
import Storage
import Web

/// What happened, in the order in which it happened.
struct DemoHistory: Sendable {
    let application: Application
    let clock: DemoClock

    private var database: any Database { application.database }

    /// Somebody who does things in an organisation.
    struct Place: Sendable {
        let organization: OrganizationID
        let owner: User

        var actor: Actor { Actor(.user, id: owner.id.text, display: owner.name) }
    }

    /// Lives through everything and leaves the clock at the present.
    ///
    /// Plans are bought over HTTP, so the instance answers on a port of its own meanwhile; its jobs run when history
    /// says so, because the runner is not started yet.
    func fill() async throws {
        let person = try Person(email: DemoCast.asha.email, name: DemoCast.asha.name)
        let hash = try await application.identity.hash(DemoCast.password, for: person)
        clock.move(toDaysAgo: 425)
        try await database.write(in: .instance, by: .system("demo")) { tx in
            _ = try Billing.applyCatalogue(Array(DemoUsage.catalogue.utf8), isDry: false, in: tx)
        }
        let larkspur = try await DemoShop(application: application).open { shop in
            let larkspur = try await found(DemoCast.larkspur, daysAgo: 424, hash)
            let larkspurBuyer = try await buyer(shop, larkspur)
            try await larkspurBuyer.setDetails(
                Party(name: "Larkspur Analytics Pvt Ltd", address: "12 MG Road, Bengaluru 560001", state: "29"))
            try await buy(larkspurBuyer, shop, every: .year, daysAgo: 400)
            try await keepBooks(of: larkspur)
            let northgate = try await found(DemoCast.northgate, daysAgo: 76, hash)
            try await buy(try await buyer(shop, northgate), shop, every: .month, daysAgo: 72)
            try await act(in: larkspur) { tx in try DemoBook.month(11, in: tx) }
            try await renew(northgate, shop, daysAgo: 41, .callback)
            try await act(in: larkspur) { tx in try DemoBook.month(12, in: tx) }
            try await renew(larkspur, shop, daysAgo: 34, .success)
            let tidewater = try await found(DemoCast.tidewater, daysAgo: 12, hash)
            _ = try await buyer(shop, tidewater).takePro(every: .month, isTrial: true)
            try await act(in: larkspur) { tx in try DemoBook.month(13, in: tx) }
            try await renew(northgate, shop, daysAgo: 9, .failure)
            try await lastDays(of: larkspur, shop)
            return larkspur
        }
        try clock.arrive()
        try await work(in: larkspur)
    }

    // MARK: People

    /// Makes an organisation with its members; people who are new get an account.
    private func found(_ wanted: DemoOrganization, daysAgo days: Int64, _ hash: String) async throws -> Place {
        clock.move(toDaysAgo: days)
        return try await database.write(in: .instance, by: .system("demo")) { tx in
            let users = try wanted.members.map { try account($0.person, hash, in: tx) }
            guard let owner = users.first else { throw DemoFailed("an organisation without people") }
            let organization = try Organizations.create(name: wanted.name, owner: owner.id, in: tx)
            try tx.scoped(to: .organization(organization.id)) { tx in
                for (user, member) in zip(users, wanted.members).dropFirst() {
                    try Organizations.add(user.id, as: member.role, in: tx)
                }
            }
            return Place(organization: organization.id, owner: owner)
        }
    }

    private func account(_ wanted: DemoPerson, _ hash: String, in tx: any Transaction) throws -> User {
        let person = try Person(email: wanted.email, name: wanted.name)
        if let user = try Identity.find(email: person.email, in: tx) { return user }
        return try Identity.create(
            NewUser(
                email: person.email, name: person.name, passwordHash: hash, isOperator: wanted.isOperator,
                isVerified: true), in: tx)
    }

    // MARK: Money

    private func buyer(_ shop: DemoShop.Front, _ place: Place) async throws -> DemoBuyer {
        let signedIn = try await database.write(in: .instance, by: place.actor) { tx in
            try Identity.openSession(for: place.owner, on: .init(named: "Demo"), in: tx)
        }
        return DemoBuyer(
            client: shop.client, url: shop.url, token: signedIn.token, organization: place.organization)
    }

    private func buy(
        _ buyer: DemoBuyer, _ shop: DemoShop.Front, every interval: Interval, daysAgo days: Int64
    ) async throws {
        clock.move(toDaysAgo: days)
        guard let order = try await buyer.takePro(every: interval) else { throw DemoFailed("a plan without a price") }
        try await buyer.pay(order, .callback)
        try await shop.runner.runDue()
    }

    /// The period is over: the invoice of the next one is made, and its payment goes well or not.
    private func renew(
        _ place: Place, _ shop: DemoShop.Front, daysAgo days: Int64, _ outcome: DemoBuyer.Outcome
    ) async throws {
        clock.move(toDaysAgo: days)
        try await database.write(in: .instance, by: .system("demo")) { tx in
            _ = try Jobs.enqueue("billing.turn", in: tx)
        }
        try await shop.runner.runDue()
        let buyer = try await buyer(shop, place)
        guard let order = try await buyer.orderOfNewestInvoice() else { throw DemoFailed("no invoice to pay") }
        try await buyer.pay(order, outcome)
        try await shop.runner.runDue()
    }

    /// The first eleven months of the company's own book.
    private func keepBooks(of place: Place) async throws {
        for month in Int64(0)..<11 {
            clock.move(toDaysAgo: 395 - month * 29)
            try await act(in: place) { tx in
                if month == 0 { try DemoBook.open(in: tx) }
                try DemoBook.month(month, in: tx)
            }
        }
    }

    // MARK: The present

    private func lastDays(of place: Place, _ shop: DemoShop.Front) async throws {
        clock.move(toDaysAgo: 6)
        try await act(in: place) { tx in
            try DemoBook.mistake(in: tx)
            _ = try Organizations.createKey(name: "Nightly import", role: .editor, by: .owner, in: tx)
            _ = try Organizations.createKey(
                name: "Reports", role: .viewer, expiresAt: tx.now.adding(.days(90)), by: .owner, in: tx)
        }
        clock.move(toDaysAgo: 1)
        try await buyer(shop, place).report(DemoUsage.events(until: database.clock.now))
        try await database.write(in: .instance, by: .system("demo")) { tx in
            // Whoever has not paid is reminded, as every night.
            _ = try Jobs.enqueue("billing.remind", in: tx)
        }
        try await act(in: place) { tx in
            guard let grace = EmailAddress("grace@larkspur.example") else { return }
            try Organizations.invite(
                grace, as: .editor, by: .owner, origin: application.settings.publicURL, in: tx)
        }
        clock.move(toDaysAgo: 0, hours: 1)
        try await act(in: place) { tx in
            for name in ["import customers", "nightly report", "clean up", "send digest"] {
                try Jobs.enqueue("echo", .object(["task": .string(name)]), in: tx)
            }
            try Jobs.enqueue(
                "echo",
                .object(["task": .string("export to the archive"), "fail": .string("the archive refused the file")]),
                attemptsMax: 1, in: tx)
        }
        try await shop.runner.runDue()
    }

    /// What is under way while people look: some work now, some in the next minutes, some tomorrow.
    private func work(in place: Place) async throws {
        try await act(in: place) { tx in
            // Short ones, because a stop waits for what runs; fewer than there are workers, because a push of the clock
            // makes all of them due and billing must not wait behind them.
            for turn in Int64(0)..<6 {
                try Jobs.enqueue(
                    "echo", .object(["task": .string("sync batch \(turn + 1)"), "seconds": .integer(10)]),
                    at: tx.now.adding(.seconds(turn * 10)), in: tx)
            }
            try Jobs.enqueue(
                "echo", .object(["task": .string("call the warehouse"), "fail": .string("the warehouse is closed")]),
                in: tx)
            try Jobs.enqueue(
                "echo", .object(["task": .string("monthly statement")]), at: tx.now.adding(.days(1)), in: tx)
        }
    }

    private func act(in place: Place, _ body: @escaping @Sendable (any Transaction) throws -> Void) async throws {
        try await database.write(in: .organization(place.organization), by: place.actor, body)
    }
}
