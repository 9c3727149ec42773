// Several payment providers side by side, and which of them an invoice is paid through.
import Core

/// The providers of an instance; the first is the one that is meant when nothing says otherwise.
package struct PaymentProviders: Sendable {
    let first: PaymentProvider
    let others: [PaymentProvider]
    let routes: PaymentRouting

    package init(_ first: PaymentProvider, _ others: [PaymentProvider] = [], routes: PaymentRouting = .init()) {
        self.first = first
        self.others = others
        self.routes = routes
    }

    var all: [PaymentProvider] { [first] + others }

    /// Who speaks for an account; nil when its keys are no longer here.
    func speaking(for account: String) -> PaymentProvider? { all.first { $0.account == account } }

    func speaking(_ kind: PaymentProvider.Kind) -> PaymentProvider? { all.first { $0.kind == kind } }

    /// Who takes the money of an organisation in a currency.
    func chosen(for organization: OrganizationID, _ currency: Currency) -> PaymentProvider {
        routes.kind(for: organization, currency).flatMap(speaking) ?? first
    }
}

/// Which provider is used for whom: an organisation's own rule goes before that of a currency.
package struct PaymentRouting: Sendable, Equatable {
    private var organizations: [String: PaymentProvider.Kind] = [:]
    private var currencies: [Currency: PaymentProvider.Kind] = [:]

    package init() {}

    /// Reads `USD=stripe,org_01…=razorpay`; nil when a part is no rule or contradicts another.
    package init?(_ text: String) {
        for part in text.split(separator: ",", omittingEmptySubsequences: false) where !text.isEmpty {
            let sides = part.split(separator: "=", omittingEmptySubsequences: false).map(Self.trimmed)
            guard sides.count == 2, let kind = PaymentProvider.Kind(rawValue: sides[1]) else { return nil }
            if let currency = Currency(sides[0]) {
                guard currencies.updateValue(kind, forKey: currency) == nil else { return nil }
            } else if OrganizationID(sides[0]) != nil {
                guard organizations.updateValue(kind, forKey: sides[0]) == nil else { return nil }
            } else {
                return nil
            }
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    /// The providers that a rule names.
    package var kinds: Set<PaymentProvider.Kind> { Set(organizations.values).union(currencies.values) }

    func kind(for organization: OrganizationID, _ currency: Currency) -> PaymentProvider.Kind? {
        organizations[organization.text] ?? currencies[currency]
    }
}
