// All SQL of the domain events.
import Core
import Storage
import Web

enum EventsStore {
    static func insert(_ event: Event, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO events (organization_id, id, type, at, subject_id, data)
            VALUES (\(try tx.organization()), \(event.id), \(event.type), \(event.at), \(event.subjectID),
              \(event.data.text))
            """)
    }

    static func page(before: String?, type: String?, limit: Int, in tx: any Transaction) throws -> [Event] {
        let below: SQL = before.map { "AND id < \($0)" } ?? ""
        let only: SQL = type.map { "AND type = \($0)" } ?? ""
        return try tx.rows(
            """
            SELECT id, type, at, subject_id, data FROM events
            WHERE organization_id = \(try tx.organization()) \(below) \(only) ORDER BY id DESC LIMIT \(limit)
            """
        ) { row in
            Event(
                id: try row.id(0), type: try row.text(1), at: try row.time(2), subjectID: try row.text(3),
                data: try JSONParser.parse(Array(try row.text(4).utf8)))
        }
    }

    /// Deletes a number of an organisation's events at most; returns how many.
    static func erase(limit: Int, in tx: any Transaction) throws -> Int {
        let organization = try tx.organization()
        return try tx.run(
            """
            DELETE FROM events WHERE organization_id = \(organization) AND id IN
              (SELECT id FROM events WHERE organization_id = \(organization) LIMIT \(limit))
            """)
    }
}
