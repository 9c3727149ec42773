// Signatures, against vectors that the provider published.
import Core
import Testing

@testable import Billing

@Suite struct SignatureTests {
    static let vectors: [(secret: String, message: String, signature: String)] = [
        (
            "EnLs21M47BllR3X8PSFtjtbd", "order_IEIaMR65cu6nz3|pay_IH4NVgf4Dreq1l",
            "0d4e745a1838664ad6c9c9902212a32d627d68e917290b0ad5f08ff4561bc50f"
        ),
        (
            "EnLs21M47BllR3X8PSFtjtbd", "pay_IDZNwZZFtnjyym|sub_ID6MOhgkcoHj9I",
            "601f383334975c714c91a7d97dd723eb56520318355863dcf3821c0d07a17693"
        ),
        (
            "EnLs21M47BllR3X8PSFtjtbd", "plink_IH3cNucfVEgV68|TSsd1989|paid|pay_IH3d0ara9bSsjQ",
            "07ae18789e35093e51d0a491eb9922646f3f82773547e5b0f67ee3f2d3bf7d5b"
        ),
        (
            "key_secret", "fake_order_id|fake_payment_id",
            "b2335e3b0801106b84a7faff035df56ecffde06918c9ddd1f0fafbb37a51cc89"
        ),
    ]

    @Test(arguments: vectors)
    func `a published signature is made and accepted`(secret: String, message: String, signature: String) {
        let bytes = Array(message.utf8)
        #expect(RazorpaySignature.sign(bytes, secret: secret) == signature)
        #expect(RazorpaySignature.isValid(signature, of: bytes, secret: secret))
    }

    @Test func `the checkout signs order and payment, in this order`() {
        let (secret, _, signature) = Self.vectors[0]
        let order = "order_IEIaMR65cu6nz3"
        let payment = "pay_IH4NVgf4Dreq1l"
        let right = RazorpaySignature.checkout(orderID: order, paymentID: payment)
        let wrong = RazorpaySignature.checkout(orderID: payment, paymentID: order)
        #expect(RazorpaySignature.isValid(signature, of: right, secret: secret))
        #expect(!RazorpaySignature.isValid(signature, of: wrong, secret: secret))
    }

    @Test func `case 10: a signature in upper case, cut short, empty or of another secret is refused`() {
        let (secret, message, signature) = Self.vectors[0]
        let bytes = Array(message.utf8)
        for bad in [signature.uppercased(), String(signature.dropLast()), String(signature.dropLast(2)), "", "zz"] {
            #expect(!RazorpaySignature.isValid(bad, of: bytes, secret: secret), "\(bad)")
        }
        #expect(!RazorpaySignature.isValid(signature, of: bytes, secret: "key_secret"))
        #expect(!RazorpaySignature.isValid(RazorpaySignature.sign(bytes, secret: ""), of: bytes, secret: ""))
    }

    @Test func `one more byte of the body breaks the signature`() {
        let body = Array("{\"event\":\"order.paid\"}".utf8)
        let signature = RazorpaySignature.sign(body, secret: "s")
        #expect(!RazorpaySignature.isValid(signature, of: body + [10], secret: "s"))
    }

    @Test func `base64 of credentials is that of RFC 4648`() {
        #expect(Base64.encode(Array("foobar".utf8)) == "Zm9vYmFy")
        #expect(Base64.encode(Array("fooba".utf8)) == "Zm9vYmE=")
        #expect(Base64.encode(Array("foob".utf8)) == "Zm9vYg==")
        #expect(Base64.encode([251, 255]) == "+/8=")
        #expect(Base64.encode([]).isEmpty)
    }
}
