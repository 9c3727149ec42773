// Who takes the money: Razorpay, or the simulator inside this program.
import AsyncHTTPClient
import Billing
import Core
import Operations
import Storage

/// Billing with its provider; in sandbox mode without credentials the provider is the simulator.
struct Payments: Sendable {
    let billing: Billing
    let sandbox: Sandbox?

    init(settings: Settings, keys: InstanceKeys, client: HTTPClient, database: any Database) throws {
        let own = Settings.localURL(host: settings.host, port: settings.port, isSecure: settings.tls != nil)
        let seller = Party(name: "RaptorFlow", country: "IN", state: "29")
        let billingSettings = Billing.Settings(seller: seller, publicURL: settings.publicURL)
        if let account = settings.razorpay {
            let credentials = RazorpayCredentials(
                keyID: account.keyID, keySecret: account.keySecret, webhookSecrets: [account.webhookSecret])
            let razorpay = Razorpay(client: client, credentials: credentials, baseURL: { account.baseURL })
            billing = Billing(
                database: database, providers: PaymentProviders(razorpay.provider()), settings: billingSettings)
            sandbox = nil
        } else {
            let secret = Base64URL.encode(try keys.bytes("sandbox"))
            let credentials = RazorpayCredentials(
                keyID: "rzp_test_raptorflow", keySecret: "sandbox_\(secret)", webhookSecrets: ["webhook_\(secret)"])
            let razorpay = Razorpay(client: client, credentials: credentials, baseURL: { own + Sandbox.path })
            billing = Billing(
                database: database, providers: PaymentProviders(razorpay.provider(checkout: Sandbox.checkout)),
                settings: billingSettings)
            sandbox = Sandbox(database: database, client: client, credentials: credentials, ownURL: { own })
        }
    }
}
