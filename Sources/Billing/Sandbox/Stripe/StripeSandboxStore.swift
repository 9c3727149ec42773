// All SQL of the simulator of Stripe: documents by identifier, each below another.
import Core
import Storage
import Web

enum StripeSandboxStore {
    private static func body(_ row: Row) throws -> JSONValue { try JSONParser.parse(Array(try row.text(0).utf8)) }

    static func save(
        _ id: String, _ kind: String, parent: String, _ json: JSONValue, in tx: any Transaction
    ) throws {
        try tx.run(
            """
            INSERT INTO sandbox_stripe (id, kind, parent, body, created_at)
            VALUES (\(id), \(kind), \(parent), \(json.text), \(tx.now))
            ON CONFLICT (id) DO UPDATE SET body = excluded.body, parent = excluded.parent
            """)
    }

    static func find(_ id: String, _ kind: String, in tx: any Transaction) throws -> JSONValue? {
        try tx.first("SELECT body FROM sandbox_stripe WHERE id = \(id) AND kind = \(kind)", body)
    }

    /// Newest first; those below a parent if one is given.
    static func all(
        _ kind: String, of parent: String? = nil, from: Timestamp? = nil, until: Timestamp? = nil, limit: Int,
        in tx: any Transaction
    ) throws -> [JSONValue] {
        let below: SQL = parent.map { "AND parent = \($0)" } ?? ""
        let since: SQL = from.map { "AND created_at >= \($0)" } ?? ""
        let before: SQL = until.map { "AND created_at <= \($0)" } ?? ""
        return try tx.rows(
            """
            SELECT body FROM sandbox_stripe WHERE kind = \(kind) \(below) \(since) \(before)
            ORDER BY created_at DESC, id LIMIT \(limit)
            """, body)
    }

    static func answer(to key: String, in tx: any Transaction) throws -> (request: String, answer: JSONValue)? {
        try tx.first("SELECT request, answer FROM sandbox_stripe_keys WHERE idempotency_key = \(key)") { row in
            (try row.text(0), try JSONParser.parse(Array(try row.text(1).utf8)))
        }
    }

    static func keep(_ answer: JSONValue, request: String, under key: String, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO sandbox_stripe_keys (idempotency_key, request, answer)
            VALUES (\(key), \(request), \(answer.text))
            """)
    }
}

extension JSONValue {
    /// The same object with another value under a name.
    func setting(_ name: String, _ value: JSONValue) -> JSONValue {
        guard case .object(let members) = self else { return self }
        if members.contains(where: { $0.name == name }) {
            return .object(members.map { $0.name == name ? .init(name, value) : $0 })
        }
        return .object(members + [.init(name, value)])
    }

    /// The text under a name; empty when there is none.
    func text(_ name: String) -> String { self[name]?.stringValue ?? "" }

    /// The number under a name; 0 when there is none.
    func number(_ name: String) -> Int64 { self[name]?.integerValue ?? 0 }
}
