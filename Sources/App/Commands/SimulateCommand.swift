// raptorflow simulate: years of a made-up company in a new file.
import ArgumentParser
import Billing
import Core
import Foundation
import Storage

struct SimulateCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Make a new file with a simulated company: for tests and measurements.",
        discussion: """
            Customers sign up, try, pay, fail to pay, get money back, leave and come again. Every step is the \
            product's own function, on a clock of its own; the same seed gives the same company.
            """)

    @Argument(help: "The file to make; it must not exist.") var file: String
    @Option(help: "How many customers sign up.") var customers = 100
    @Option(help: "How many years.") var years = 1
    @Option(help: "What the company's luck follows from.") var seed: UInt64 = 1
    @Option(help: "The first day, such as 2024-04-01.") var from = "2024-04-01"
    @Flag(help: "News of payments comes twice, late and out of order; people refund in the provider's dashboard.")
    var chaos = false

    func validate() throws {
        guard (1...100_000).contains(customers), (1...20).contains(years) else {
            throw ValidationError("Choose 1 to 100000 customers and 1 to 20 years.")
        }
        guard Timestamp(from + "T00:00:00Z") != nil else { throw ValidationError("Write the first day as 2024-04-01.") }
    }

    func run(in invocation: Invocation) async throws {
        guard !FileManager.default.fileExists(atPath: file) else {
            throw CommandFailed("\(file) exists. A simulated company is made in a new file only.")
        }
        let began = Clock.system.now
        let start = Timestamp(from + "T04:30:00Z") ?? began
        let clock = MovableClock(base: Clock { start })
        let opened = try DatabaseFile.open(file, visibility: Application.visibility, clock: clock.clock)
        do {
            let plan = SimulationPlan(customers: customers, days: years * 365, seed: seed, isRough: chaos)
            let settings = Billing.Settings(
                seller: Party(name: "RaptorFlow", country: "IN", state: "29"), publicURL: "http://localhost:8090")
            let simulation = Simulation(database: opened.database, clock: clock, plan: plan, settings: settings)
            try await simulation.run { day in
                if (day + 1).isMultiple(of: 365) { Terminal.note("Year \((day + 1) / 365) is over.") }
            }
            try opened.close()
        } catch {
            try? opened.close()
            throw error
        }
        let seconds = Clock.system.now.since(began).count / 1000
        Terminal.say("\(file): \(customers) customers, \(years) years, seed \(seed), in \(seconds) s.")
    }
}
