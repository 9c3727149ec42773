// The irregularities of the provider's JSON, each as its documentation shows it.
import Core
import Testing
import Web

@testable import Billing

@Suite struct WireTests {
    private func payment(_ changes: String) throws -> PaymentFact? {
        RazorpayWire.payment(
            try JSONParser.parse(
                Array(
                    """
                    {"id":"pay_AAAAAAAAAAAAAA","entity":"payment","amount":118000,"currency":"INR",\
                    "order_id":"order_AAAAAAAAAAAAAA","method":"card",\(changes)}
                    """.utf8)))
    }

    @Test func `case 12: notes as a list, null fees and empty errors are read`() throws {
        let fact = try payment(
            "\"status\":\"captured\",\"captured\":true,\"notes\":[],\"fee\":null,\"tax\":null,\"error_code\":\"\"")
        #expect(fact?.state == .captured)
        #expect(fact?.fee == nil)
        #expect(fact?.errorCode == nil)
    }

    @Test func `case 12: the flag captured alone is no capture`() throws {
        #expect(try payment("\"status\":\"authorized\",\"captured\":true")?.state == .authorized)
    }

    @Test func `refunded money was ours only if it was captured`() throws {
        #expect(try payment("\"status\":\"refunded\",\"captured\":\"1\"")?.state == .captured)
        #expect(try payment("\"status\":\"refunded\",\"captured\":true")?.state == .captured)
        #expect(try payment("\"status\":\"refunded\",\"captured\":false")?.state == .autoRefunded)
    }

    @Test func `what is no payment is nothing`() throws {
        #expect(try payment("\"status\":\"flying\"") == nil)
        #expect(try payment("\"status\":7") == nil)
        #expect(RazorpayWire.payment(.object([])) == nil)
        #expect(RazorpayWire.payment(.array([])) == nil)
        #expect(RazorpayWire.refund(.null) == nil)
        #expect(RazorpayWire.order(.string("order_1")) == nil)
    }

    @Test func `amounts that are no whole minor units are refused`() throws {
        for amount in ["1.5", "1e2", "\"100\"", "-5", "0", "9223372036854775808", "9007199254740992", "null"] {
            let json = """
                {"id":"pay_AAAAAAAAAAAAAA","amount":\(amount),"currency":"INR","status":"captured"}
                """
            #expect(RazorpayWire.payment(try JSONParser.parse(Array(json.utf8))) == nil, "\(amount)")
        }
    }

    @Test func `an event carries its facts, the payment before the refund`() throws {
        let body = """
            {"entity":"event","event":"refund.created","contains":["refund","payment"],"payload":{
            "refund":{"entity":{"id":"rfnd_AAAAAAAAAAAAAA","payment_id":"pay_AAAAAAAAAAAAAA","amount":100,
            "currency":"INR","status":"processed","receipt":null}},
            "payment":{"entity":{"id":"pay_AAAAAAAAAAAAAA","order_id":"order_AAAAAAAAAAAAAA","amount":100,
            "currency":"INR","status":"captured"}}}}
            """
        let event = try RazorpayWire.event(Array(body.utf8))
        #expect(event.facts.count == 2)
        guard case .payment = event.facts.first, case .refund(let refund) = event.facts.last else {
            Issue.record("the payment comes first")
            return
        }
        // A sample of the documentation: a created refund that is processed already.
        #expect(refund.state == .processed)
    }

    @Test(arguments: ["", "{", "[]", "{\"event\":1,\"payload\":{}}", "{\"event\":\"a\"}", "null"])
    func `what is no event is refused`(body: String) {
        #expect(throws: BillingProblem.malformedEvent) { try RazorpayWire.event(Array(body.utf8)) }
    }

    @Test func `case 9: bytes that are no UTF-8 are refused`() {
        #expect(throws: BillingProblem.malformedEvent) { try RazorpayWire.event([0x7B, 0xFF, 0x7D]) }
    }

    @Test func `events of another world carry no facts`() throws {
        let event = try RazorpayWire.event(Array("{\"event\":\"settlement.processed\",\"payload\":{}}".utf8))
        #expect(event.facts.isEmpty)
    }

    @Test func `an answer says whether anything can have happened`() {
        #expect(throws: ProviderError.credentials) { try Razorpay.judge(401, nil) }
        #expect(throws: ProviderError.unknown("status 502")) { try Razorpay.judge(502, nil) }
        #expect(throws: ProviderError.unknown("status 409")) { try Razorpay.judge(409, nil) }
        #expect(throws: ProviderError.unknown("an answer that is not JSON")) { try Razorpay.judge(200, nil) }
        #expect(throws: ProviderError.refused(code: "UNKNOWN", words: "no description")) {
            try Razorpay.judge(400, .object([]))
        }
    }
}
