// Who takes the money: Razorpay, Stripe or both, or the simulators inside this program.
import AsyncHTTPClient
import Billing
import Core
import Operations
import Storage

/// Billing with its providers; in sandbox mode without credentials the providers are the simulators.
struct Payments: Sendable {
    let billing: Billing
    let sandbox: Sandbox?
    let stripe: StripeSandbox?

    init(
        settings: Settings, keys: InstanceKeys, client: HTTPClient, database: any Database, testClock: TestClock?
    ) throws {
        let own = Settings.localURL(host: settings.host, port: settings.port, isSecure: settings.tls != nil)
        let seller = Party(name: "RaptorFlow", country: "IN", state: "29")
        var billingSettings = Billing.Settings(seller: seller, publicURL: settings.publicURL)
        // Where time may be moved on purpose, a clock that jumps is no alarm.
        if settings.mode == .sandbox { billingSettings.testClock = testClock } else { billingSettings.guardClock() }
        var providers = Self.accounts(settings, client)
        var simulators: (razorpay: Sandbox?, stripe: StripeSandbox?) = (nil, nil)
        if providers.isEmpty {
            let secret = Base64URL.encode(try keys.bytes("sandbox"))
            let credentials = RazorpayCredentials(
                keyID: "rzp_test_raptorflow", keySecret: "sandbox_\(secret)", webhookSecrets: ["webhook_\(secret)"])
            let razorpay = Razorpay(client: client, credentials: credentials, baseURL: { own + Sandbox.path })
            simulators.razorpay = Sandbox(database: database, client: client, credentials: credentials, ownURL: { own })
            let stripeKeys = StripeCredentials(
                publishableKey: "pk_test_raptorflow", secretKey: "sk_test_\(secret)",
                webhookSecrets: ["whsec_\(secret)"])
            let other = Stripe(client: client, credentials: stripeKeys, baseURL: { own + StripeSandbox.path })
            simulators.stripe = StripeSandbox(
                database: database, client: client, credentials: stripeKeys, ownURL: { own })
            providers = [
                razorpay.provider(checkout: Sandbox.checkout), other.provider(checkout: StripeSandbox.checkout),
            ]
        }
        (sandbox, stripe) = simulators
        let routes = PaymentRouting(settings.paymentRoutes) ?? PaymentRouting()
        billing = Billing(
            database: database, providers: PaymentProviders(providers[0], Array(providers.dropFirst()), routes: routes),
            settings: billingSettings)
    }

    /// The accounts that are configured, Razorpay's first.
    private static func accounts(_ settings: Settings, _ client: HTTPClient) -> [PaymentProvider] {
        var providers: [PaymentProvider] = []
        if let account = settings.razorpay {
            let credentials = RazorpayCredentials(
                keyID: account.keyID, keySecret: account.keySecret, webhookSecrets: account.webhookSecrets,
                accountID: account.accountID)
            providers.append(
                Razorpay(client: client, credentials: credentials, baseURL: { account.baseURL }).provider())
        }
        if let account = settings.stripe {
            let credentials = StripeCredentials(
                publishableKey: account.publishableKey, secretKey: account.secretKey,
                webhookSecrets: account.webhookSecrets)
            providers.append(
                Stripe(client: client, credentials: credentials, baseURL: { account.baseURL }).provider())
        }
        return providers
    }
}
