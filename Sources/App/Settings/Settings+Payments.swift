// What the options say of payment providers.
import Billing
import Core

extension Settings {
    private static func address(_ text: String?) -> String {
        guard let text else { return "" }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    static func razorpay(_ optional: (String) -> String?) -> Razorpay? {
        guard let id = optional("razorpay.key_id"), let secret = optional("razorpay.key_secret"),
            let webhookSecret = optional("razorpay.webhook_secret")
        else { return nil }
        return Razorpay(
            keyID: id, keySecret: secret,
            webhookSecrets: [webhookSecret] + [optional("razorpay.webhook_secret_previous")].compactMap(\.self),
            accountID: optional("razorpay.account_id"), baseURL: address(optional("razorpay.base_url")))
    }

    static func stripe(_ optional: (String) -> String?) -> Stripe? {
        guard let key = optional("stripe.publishable_key"), let secret = optional("stripe.secret_key"),
            let webhookSecret = optional("stripe.webhook_secret")
        else { return nil }
        return Stripe(
            publishableKey: key, secretKey: secret,
            webhookSecrets: [webhookSecret] + [optional("stripe.webhook_secret_previous")].compactMap(\.self),
            baseURL: address(optional("stripe.base_url")))
    }

    /// What contradicts itself in the options of payments.
    func paymentContradictions(_ text: (String) -> String?) -> [String] {
        var problems: [String] = []
        let razorpayKeys = ["razorpay.key_id", "razorpay.key_secret", "razorpay.webhook_secret"]
        let stripeKeys = ["stripe.publishable_key", "stripe.secret_key", "stripe.webhook_secret"]
        let missing = razorpayKeys.filter { text($0) == nil }
        let stripeMissing = stripeKeys.filter { text($0) == nil }
        if mode == .production, !missing.isEmpty, !stripeMissing.isEmpty {
            problems.append("mode production needs \(missing.joined(separator: ", ")): without them nobody can pay.")
        } else if missing.count == 1 || missing.count == 2 {
            problems.append("\(missing.joined(separator: ", ")) is missing: Razorpay's three belong together.")
        }
        if stripeMissing.count == 1 || stripeMissing.count == 2 {
            problems.append("\(stripeMissing.joined(separator: ", ")) is missing: Stripe's three belong together.")
        }
        guard let routes = PaymentRouting(paymentRoutes) else {
            problems.append("payments.routes must be a list like USD=stripe,org_01…=razorpay, each name once.")
            return problems
        }
        let hasAccount = razorpay != nil || stripe != nil
        if hasAccount, routes.kinds.contains(.stripe), stripe == nil {
            problems.append("payments.routes names stripe, whose keys are not set.")
        }
        if hasAccount, routes.kinds.contains(.razorpay), razorpay == nil {
            problems.append("payments.routes names razorpay, whose keys are not set.")
        }
        return problems
    }
}
