// One customer of a simulated company: what it buys, how well it pays, when it leaves.
import Core
import Storage

/// A generator that gives the same sequence for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// True so many times in a thousand.
    mutating func chance(_ perMille: Int) -> Bool { Int.random(in: 0..<1000, using: &self) < perMille }
}

/// Who a customer is; decided when the simulation begins.
struct SimulatedCustomer: Sendable {
    let number: Int
    /// The day of the simulation on which it signs up.
    let signUpDay: Int
    let choice: PlanChoice
    let details: Party?
    /// How often a payment goes well, and how often a month ends with a cancellation, of a thousand.
    let paysWell: Int
    let leaves: Int

    init(_ number: Int, days: Int, _ random: inout SeededGenerator) {
        self.number = number
        // The later, the more: of two days the later one.
        signUpDay = max(Int.random(in: 0..<days, using: &random), Int.random(in: 0..<days, using: &random))
        let isForeign = random.chance(120)
        choice = PlanChoice(
            plan: random.chance(150) ? "enterprise" : "pro", currency: isForeign ? .usd : .inr,
            interval: random.chance(250) ? .year : .month, wantsTrial: random.chance(400))
        let states = ["29", "27", "07", "33", "36", "19"]
        details =
            isForeign || random.chance(300)
            ? nil : Party(name: "Customer \(number) Pvt Ltd", state: states.randomElement(using: &random) ?? "29")
        paysWell = Int.random(in: 820...990, using: &random)
        leaves = Int.random(in: 2...50, using: &random)
    }
}
