// Identifiers: their form, their order, and what is refused.
import Core
import Foundation
import Testing

struct IdentifierTests {
    @Test func `a new identifier has its prefix and 26 characters of Crockford base32`() {
        let id = OrganizationID(at: Timestamp(milliseconds: 1_700_000_000_000))
        #expect(id.text.hasPrefix("org_"))
        #expect(id.text.count == 30)
        #expect(OrganizationID(id.text) == id)
    }

    @Test func `identifiers of later instants sort later`() {
        let ids = (0..<1000).map { UserID(at: Timestamp(milliseconds: 1_700_000_000_000 + Int64($0) * 7)) }
        #expect(ids == ids.sorted())
    }

    @Test func `a thousand identifiers of one instant are all different`() {
        let now = Timestamp(milliseconds: 1_700_000_000_000)
        #expect(Set((0..<1000).map { _ in UserID(at: now) }).count == 1000)
    }

    /// The example of RFC 9562 A.6: 017F22E2-79B0-7CC3-98C4-DC0C0C07398F, spelled as TypeID's own tests spell it.
    @Test func `the UUIDv7 of the RFC is spelled as TypeID spells it`() {
        let random: [UInt8] = [0x0C, 0xC3, 0x18, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F]
        let id = UserID(at: Timestamp(milliseconds: 0x017F_22E2_79B0), randomness: Randomness { _ in random })
        #expect(id.text == "user_01fwhe4ydgfk1shh6w1g60eecf")
    }

    @Test(arguments: [
        "", "org_", "org_01h", "usr_01hrz8s3n2e8bt8m2m0000000", "org_81fwhe4ydgfk1shh6w1g60eecf",
        "org_01fwhe4ydgfk1shh6w1g60eecu", "ORG_01fwhe4ydgfk1shh6w1g60eecf", "org_01FWHE4YDGFK1SHH6W1G60EECF",
        "org-01fwhe4ydgfk1shh6w1g60eecf", "user_01fwhe4ydgfk1shh6w1g60eecf", "org_01fwhe4ydgfk1shh6w1g60eecf ",
        "org_01fwhe4ydgfk1shh6w1g60eécf",
    ])
    func `a text of another form is no organisation's identifier`(text: String) {
        #expect(OrganizationID(text) == nil)
    }
}
