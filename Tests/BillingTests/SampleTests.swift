// The payloads that Razorpay's documentation shows, read as they stand there.
import Core
import Testing
import Web

@testable import Billing

@Suite struct SampleTests {
    private func facts(_ body: String) throws -> [Fact] { try RazorpayWire.event(Array(body.utf8)).facts }

    private func envelope(_ event: String, _ payload: String) -> String {
        """
        {"entity":"event","account_id":"acc_BFQ7uQEaa7j2z7","event":"\(event)","contains":["payment"],
        "payload":{\(payload)},"created_at":1567674606}
        """
    }

    private let payment = """
        "payment":{"entity":{"id":"pay_DESlfW9H8K9uqM","entity":"payment","amount":100,"currency":"INR",
        "status":"captured","order_id":"order_DESlLckIVRkHWj","invoice_id":null,"international":false,
        "method":"netbanking","amount_refunded":0,"refund_status":null,"captured":true,"description":null,
        "card_id":null,"bank":"HDFC","wallet":null,"vpa":null,"email":"gaurav.kumar@example.com",
        "contact":"+919876543210","notes":[],"fee":2,"tax":0,"error_code":null,"error_description":null,
        "created_at":1567674599}}
        """

    @Test func `case 12: the sample of order paid`() throws {
        let order = """
            "order":{"entity":{"id":"order_DESlLckIVRkHWj","entity":"order","amount":100,"amount_paid":100,
            "amount_due":0,"currency":"INR","receipt":"rcptid #1","offer_id":null,"status":"paid","attempts":1,
            "notes":[],"created_at":1567674581}}
            """
        let found = try facts(envelope("order.paid", "\(payment),\(order)"))
        guard case .payment(let fact) = found.first else { throw Shop.Missing() }
        #expect(found.count == 1 && fact.state == .captured && fact.fee == 2 && fact.amount.amount == 100)
    }

    @Test func `case 12: the sample of an authorised payment that claims to be captured`() throws {
        let sample = payment.replacing("\"status\":\"captured\"", with: "\"status\":\"authorized\"")
            .replacing("\"fee\":2,\"tax\":0", with: "\"fee\":null,\"tax\":null")
        guard case .payment(let fact) = try facts(envelope("payment.authorized", sample)).first else {
            throw Shop.Missing()
        }
        #expect(fact.state == .authorized && fact.fee == nil)
    }

    @Test(arguments: [
        ("created", "open", DisputeState.open), ("under_review", "under_review", .underReview),
        ("won", "won", .won), ("lost", "lost", .lost), ("closed", "closed", .closed),
        ("action_required", "open", .open),
    ])
    func `the samples of disputes`(event: String, status: String, state: DisputeState) throws {
        let dispute = """
            "dispute":{"entity":{"id":"disp_EsIAlDcoUr8CaQ","entity":"dispute","payment_id":"pay_DESlfW9H8K9uqM",
            "amount":100,"currency":"INR","amount_deducted":0,"reason_code":"chargeback_authorization",
            "respond_by":1590431400,"status":"\(status)","phase":"chargeback","created_at":1590059211,
            "evidence":{"amount":39000,"summary":null}}}
            """
        let found = try facts(envelope("payment.dispute.\(event)", "\(payment),\(dispute)"))
        guard case .dispute(let fact) = found.last else { throw Shop.Missing() }
        #expect(found.count == 2 && fact.state == state && fact.phase == "chargeback")
        #expect(fact.respondBy?.milliseconds == 1_590_431_400_000)
    }

    @Test func `the samples of refunds, of settlements and of payment links`() throws {
        let refund = """
            "refund":{"entity":{"id":"rfnd_FS8TSBxzsgG0Yc","entity":"refund","amount":100,"currency":"INR",
            "payment_id":"pay_DESlfW9H8K9uqM","notes":[],"receipt":null,"acquirer_data":{"arn":null},
            "created_at":1597734071,"batch_id":null,"status":"processed","speed_requested":"normal",
            "speed_processed":"normal"}}
            """
        for event in ["refund.created", "refund.processed", "refund.failed"] {
            #expect(try facts(envelope(event, "\(refund),\(payment)")).count == 2)
        }
        let settlement = """
            "settlement":{"entity":{"id":"setl_EVKoGtbgCsyUvS","entity":"settlement","amount":9973635,
            "status":"processed","fees":471699,"tax":42070,"utr":"1568176960vxp0rj","created_at":1568176960}}
            """
        guard case .settlement(let settled) = try facts(envelope("settlement.processed", settlement)).first else {
            throw Shop.Missing()
        }
        #expect(settled.amount == Money(stored: 9_973_635, .inr) && settled.reference == "1568176960vxp0rj")
        let link = "\"payment_link\":{\"entity\":{\"id\":\"plink_GqfHcGdZKQCS0I\",\"status\":\"paid\"}}"
        guard case .payment(let paid) = try facts(envelope("payment_link.paid", "\(link),\(payment)")).first else {
            throw Shop.Missing()
        }
        #expect(paid.orderID == "plink_GqfHcGdZKQCS0I")
    }

    @Test func `a line of the combined report, its notes a text`() throws {
        let line = RazorpayWire.line(
            try JSONParser.parse(
                Array(
                    """
                    {"entity_id":"pay_DEXrnipqTmWVGE","type":"payment","debit":0,"credit":97100,"amount":100000,
                    "currency":"INR","fee":2900,"tax":0,"on_hold":false,"settled":true,"created_at":1567692556,
                    "settled_at":1568176960,"settlement_id":"setl_DHJTJYBhoDpRKn","posted_at":null,
                    "credit_type":"default","description":"Recurring","notes":"{\\"a\\":\\"b\\"}","payment_id":null,
                    "settlement_utr":"1568176960vxp0rj","order_id":"order_DEXrnRiR3SNDHA","order_receipt":null,
                    "method":"card","dispute_id":null}
                    """.utf8)))
        #expect(line?.net.amount == 97_100 && line?.fee == 2900 && line?.gross == 100_000)
        #expect(line?.paymentID == "pay_DEXrnipqTmWVGE" && line?.settlementID == "setl_DHJTJYBhoDpRKn")
        #expect(RazorpayWire.line(.object([])) == nil)
    }
}
