// Who and what is in the demo: people, organisations and their places in them.
import Core

/// A person of the demo.
struct DemoPerson: Sendable {
    let name: String
    let email: String
    /// What the sign-in page says of them.
    let note: String
    var isOperator = false
}

/// An organisation of the demo and its members, the first of them its owner.
struct DemoOrganization: Sendable {
    let name: String
    /// What the sign-in page says of it.
    let note: String
    let members: [(person: DemoPerson, role: Role)]
}

enum DemoCast {
    /// Everybody's password; printed at the start, because nothing here is secret.
    static let password = "violet harbour kettle 97"

    static let asha = DemoPerson(
        name: "Asha Rao", email: "asha@larkspur.example", note: "Owns Larkspur and runs this instance.",
        isOperator: true)
    static let ben = DemoPerson(
        name: "Ben Carter", email: "ben@larkspur.example", note: "Admin: members, keys, audit log; not the bills.")
    static let chitra = DemoPerson(
        name: "Chitra Iyer", email: "chitra@larkspur.example", note: "Editor: posts to the ledger, enqueues jobs.")
    static let dev = DemoPerson(
        name: "Dev Mehta", email: "dev@larkspur.example", note: "Viewer: sees, changes nothing.")
    static let elena = DemoPerson(
        name: "Elena Petrova", email: "elena@tidewater.example", note: "Her trial ends in two days.")
    static let farid = DemoPerson(
        name: "Farid Khan", email: "farid@northgate.example", note: "His last payment was declined.")

    static let people = [asha, ben, chitra, dev, elena, farid]

    static let larkspur = DemoOrganization(
        name: "Larkspur Analytics", note: "Pro, paid by the year",
        members: [(asha, .owner), (ben, .admin), (chitra, .editor), (dev, .viewer)])
    static let tidewater = DemoOrganization(
        name: "Tidewater Foods", note: "A trial of Pro that ends in two days",
        members: [(elena, .owner), (ben, .viewer)])
    static let northgate = DemoOrganization(
        name: "Northgate Studio", note: "Pro by the month, the last payment declined",
        members: [(farid, .owner), (chitra, .admin)])

    static let organizations = [larkspur, tidewater, northgate]
}
