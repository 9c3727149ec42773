// Stripe's signatures, forms and documents, with the shapes of its reference.
import Core
import Testing
import Web

@testable import Billing

@Suite struct StripeTests {
    private let now = Shop.start
    private let body = Array("{\"id\":\"evt_1\",\"object\":\"event\"}".utf8)

    private func isValid(_ header: String, secrets: [String] = ["whsec_new", "whsec_old"]) -> Bool {
        StripeSignature.isValid(header, of: body, secrets: secrets, now: now)
    }

    @Test func `a signature is made as the documentation computes it`() {
        // HMAC-SHA256 of "12345.{}" under "whsec_test_secret", computed with OpenSSL.
        let header = StripeSignature.header(
            for: Array("{}".utf8), secret: "whsec_test_secret", at: Timestamp(milliseconds: 12_345_000))
        #expect(header == "t=12345,v1=c9a60c1eb8eee7a6d5d12198b186729a423ee2768f853894ec8806ca74610d05")
    }

    @Test func `case 11: the old secret of Stripe is believed until it goes`() {
        let old = StripeSignature.header(for: body, secret: "whsec_old", at: now)
        #expect(isValid(old))
        #expect(!isValid(old, secrets: ["whsec_new"]))
        let both = StripeSignature.header(for: body, secret: "whsec_new", at: now) + ",v1=" + String(old.suffix(64))
        #expect(isValid(both, secrets: ["whsec_old"]))
    }

    @Test func `a message that is older or newer than five minutes is not believed`() {
        for (minutes, isBelieved) in [(0, true), (-4, true), (4, true), (-6, false), (6, false)] {
            let header = StripeSignature.header(
                for: body, secret: "whsec_new", at: now.adding(.minutes(Int64(minutes))))
            #expect(isValid(header) == isBelieved, "\(minutes)")
        }
    }

    @Test func `case 10: a header that is none is refused`() {
        let good = StripeSignature.header(for: body, secret: "whsec_new", at: now)
        let bad = [
            "", "t=,v1=", "v1=" + good.suffix(64), good.replacing("v1=", with: "v0="), good.uppercased(),
            "t=\(now.seconds)," + good, String(good.dropLast()), "t=99999999999999999999,v1=" + good.suffix(64),
            StripeSignature.header(for: body, secret: "sk_test_key", at: now),
        ]
        for header in bad { #expect(!isValid(header), "\(header)") }
        #expect(!StripeSignature.isValid(good, of: body + [10], secrets: ["whsec_new"], now: now))
    }

    @Test func `forms go there and back`() {
        let form = StripeForm([("metadata[receipt]", "ord_1"), ("description", "5 % & more = ₹")])
        #expect(form.encoded.hasPrefix("metadata%5Breceipt%5D=ord_1&description=5%20%25%20%26"))
        let read = StripeForm(decoding: Array(form.encoded.utf8))
        #expect(read?["description"] == "5 % & more = ₹")
        #expect(read?.below("metadata").first?.value == "ord_1")
        for bad in ["%", "%zz=1", "=1", "a=%FF"] { #expect(StripeForm(decoding: Array(bad.utf8)) == nil, "\(bad)") }
    }

    private func charge(_ changes: String) throws -> PaymentFact? {
        StripeWire.charge(
            try JSONParser.parse(
                Array(
                    """
                    {"id":"ch_3MmlLrLkdIwHu7ix0snN0B15","object":"charge","amount":1099,"currency":"usd",
                    "payment_intent":"pi_3MmlLrLkdIwHu7ix0VkJGhEl","failure_code":null,
                    "payment_method_details":{"type":"card"},\(changes)}
                    """.utf8)))
    }

    @Test func `a charge is what its status and its capture say`() throws {
        #expect(try charge("\"status\":\"succeeded\",\"captured\":true")?.state == .captured)
        #expect(try charge("\"status\":\"succeeded\",\"captured\":false")?.state == .authorized)
        #expect(try charge("\"status\":\"succeeded\",\"captured\":false,\"refunded\":true")?.state == .autoRefunded)
        #expect(try charge("\"status\":\"pending\",\"captured\":true")?.state == .created)
        #expect(try charge("\"status\":\"failed\",\"captured\":false")?.state == .failed)
        #expect(try charge("\"status\":\"flying\"") == nil)
    }

    @Test func `a fee is taken from an expanded balance transaction of the same currency only`() throws {
        func balance(_ currency: String) -> String {
            """
            "status":"succeeded","captured":true,"balance_transaction":{"id":"txn_1","fee":62,"currency":"\(currency)",
            "fee_details":[{"amount":50,"type":"stripe_fee"},{"amount":12,"type":"tax"}]}
            """
        }
        #expect(try charge(balance("usd"))?.fee == 62)
        #expect(try charge(balance("usd"))?.feeTax == 12)
        #expect(try charge(balance("inr"))?.fee == nil)
        #expect(try charge("\"status\":\"succeeded\",\"captured\":true,\"balance_transaction\":\"txn_1\"")?.fee == nil)
    }

    @Test func `a dispute carries the money that moved because of it`() throws {
        let json = try JSONParser.parse(
            Array(
                """
                {"id":"du_1MtJUT2eZvKYlo2CNaw2HvEv","object":"dispute","amount":1000,"currency":"usd",
                "charge":"ch_1AZtxr2eZvKYlo2CJDX8whov","reason":"general","status":"needs_response",
                "evidence_details":{"due_by":1680480000},"balance_transactions":[{"id":"txn_1","amount":-1000,
                "fee":1500,"fee_details":[{"amount":1500,"type":"stripe_fee"}],"net":-2500,"currency":"usd",
                "type":"adjustment","created":1680480000}]}
                """.utf8))
        let facts = StripeWire.dispute(json)
        #expect(facts.count == 2)
        guard case .dispute(let dispute) = facts.first, case .line(let line) = facts.last else {
            Issue.record("a dispute and a line")
            return
        }
        #expect(dispute.state == .open && dispute.paymentID == "ch_1AZtxr2eZvKYlo2CJDX8whov")
        #expect(line.net.amount + line.fee == -1000 && line.disputeID == dispute.id)
    }

    @Test func `an event names itself, and what is none is refused`() throws {
        let event = try StripeWire.event(
            Array(
                """
                {"id":"evt_1NG8Du2eZvKYlo2CUI79vXWy","object":"event","type":"payout.paid","data":{"object":
                {"id":"po_1OaFDbEcg9tTZuTgNYmX0PKB","object":"payout","amount":1100,"currency":"usd",
                "status":"paid","created":1705791359}}}
                """.utf8))
        #expect(event.id == "evt_1NG8Du2eZvKYlo2CUI79vXWy")
        #expect(event.facts.count == 1)
        for bad in ["", "{}", "{\"id\":\"x\",\"type\":\"a\",\"data\":{\"object\":{}}}"] {
            #expect(throws: BillingProblem.malformedEvent) { try StripeWire.event(Array(bad.utf8)) }
        }
    }

    @Test func `an answer says whether anything can have happened`() {
        func error(_ code: String) -> JSONValue {
            .object(["error": .object(["code": .string(code), "message": .string("no")])])
        }
        #expect(throws: ProviderError.credentials) { try Stripe.judge(401, nil) }
        #expect(throws: ProviderError.lowBalance) { try Stripe.judge(400, error("balance_insufficient")) }
        #expect(throws: ProviderError.refused(code: "card_declined", words: "no")) {
            try Stripe.judge(402, error("card_declined"))
        }
        for status in [409, 429, 500, 503] {
            #expect(throws: ProviderError.unknown("status \(status)")) { try Stripe.judge(status, nil) }
        }
    }

    @Test func `the routing chooses by organisation before currency, and what is no rule is refused`() throws {
        let organization = OrganizationID(at: Shop.start)
        let routes = try #require(PaymentRouting("USD=stripe, \(organization)=razorpay"))
        #expect(routes.kind(for: organization, .usd) == .razorpay)
        #expect(routes.kind(for: OrganizationID(at: Shop.start), .usd) == .stripe)
        #expect(routes.kind(for: OrganizationID(at: Shop.start), .inr) == nil)
        #expect(PaymentRouting("") == PaymentRouting())
        for bad in ["USD", "USD=paypal", "usd=stripe", "USD=stripe,USD=razorpay", "USD=stripe,,"] {
            #expect(PaymentRouting(bad) == nil, "\(bad)")
        }
    }
}
