// Schemas: found from Codable types, and held against documents so that everything wrong is named at once.
import Core
import Testing
import Web

@Suite struct SchemaTests {
    struct Item: RequestBody {
        enum CodingKeys: String, CodingKey {
            case unitPrice = "unit_price"
            case count
        }
        let unitPrice: Money
        let count: Int64?
    }

    struct Order: RequestBody {
        enum CodingKeys: String, CodingKey {
            case buyer, items, colour, placed, notes
            case isUrgent = "is_urgent"
        }
        let buyer: OrganizationID
        let items: [Item]
        let colour: Colour
        let placed: Timestamp?
        let notes: [String: String]?
        let isUrgent: Bool

        static let rules: [String: Rule] = [
            "items": .length(1...2), "items.count": .range(1...9), "items.unit_price.amount": .range(0...1000),
        ]
    }

    private func problems(_ text: String) throws -> [String: String] {
        let schema = Schema.of(Order.self).refined(by: Order.rules)
        let found = schema.problems(of: try JSONParser.parse(Array(text.utf8)))
        return Dictionary(found.map { ($0.pointer, $0.code) }) { first, _ in first }
    }

    static let good = """
        {"buyer":"org_01kajv7e5tf9gv5f2x3xj3k8qa","items":[{"unit_price":{"amount":5,"currency":"INR"},"count":2}],
         "colour":"red","placed":"2026-11-23T05:31:38Z","notes":{"a":"b"},"is_urgent":true}
        """

    @Test func `a document that fits has no problems`() throws {
        #expect(try problems(Self.good).isEmpty)
        #expect(
            try problems(
                """
                {"buyer":"org_01kajv7e5tf9gv5f2x3xj3k8qa","items":[{"unit_price":{"amount":5,"currency":"INR"}}],\
                "colour":"green","placed":null,"is_urgent":false}
                """
            ).isEmpty)
    }

    @Test func `everything that is wrong is named at once, each at its place`() throws {
        let text = """
            {"buyer":null,"items":[{"unit_price":{"amount":1001,"currency":5},"count":0},{"count":"2","x":1},{}],
             "colour":"blue","placed":"yesterday","notes":{"a/b~c":1},"extra":{}}
            """
        #expect(
            try problems(text) == [
                "/buyer": "required", "/items": "too_long", "/items/0/unit_price/amount": "out_of_range",
                "/items/0/unit_price/currency": "wrong_type", "/items/0/count": "out_of_range",
                "/items/1/count": "wrong_type", "/items/1/x": "unknown_field", "/items/1/unit_price": "required",
                "/items/2/unit_price": "required", "/colour": "not_a_choice", "/placed": "format",
                "/notes/a~1b~0c": "wrong_type", "/extra": "unknown_field", "/is_urgent": "required",
            ])
    }

    @Test(arguments: ["1.0", "1e0", "\"1\"", "9223372036854775808", "true", "[1]"])
    func `H6 a whole number is one without fraction, exponent or quotes`(spelling: String) throws {
        let text = Self.good.replacing("\"count\":2", with: "\"count\":\(spelling)")
        #expect(try problems(text) == ["/items/0/count": "wrong_type"])
    }

    @Test(arguments: ["[]", "1", "\"\"", "true"])
    func `a document of another kind is one problem at its root`(text: String) throws {
        #expect(try problems(text) == ["": "wrong_type"])
    }

    @Test func `the schema of a type has its fields under their wire names`() throws {
        guard case .object(let properties) = Schema.of(Order.self).kind else {
            return #expect(Bool(false), "no object")
        }
        #expect(Set(properties.map(\.name)) == ["buyer", "items", "colour", "placed", "notes", "is_urgent"])
        #expect(Set(properties.filter { !$0.isRequired }.map(\.name)) == ["placed", "notes"])
        #expect(properties.first { $0.name == "colour" }?.schema.choices == ["red", "green"])
    }
}
