// Domain events: what happened, in the product's words, written in the change's transaction.
package import Core
package import Storage
package import Web

package enum EventKind: IdentifierKind { package static let prefix = "evt" }
package typealias EventID = Identifier<EventKind>

/// Something that happened in an organisation and that its programs may want to know.
package struct Event: Codable, Sendable {
    package let id: EventID
    /// `noun.verb_in_past_tense`: `invoice.paid`.
    package let type: String
    package let at: Timestamp
    /// The identifier of what it happened to.
    package let subjectID: String
    package let data: JSONValue

    enum CodingKeys: String, CodingKey {
        case id, type, at, data
        case subjectID = "subject_id"
    }
}

/// What other features call: publishing an event, and adding the operations that list them.
package enum Events {
    /// Writes an event of the transaction's organisation, in the same transaction.
    package static func publish(
        _ type: String, about subject: some CustomStringConvertible, _ data: JSONValue = .object([]),
        in tx: any Transaction
    ) throws {
        let event = Event(
            id: EventID(at: tx.now), type: type, at: tx.now, subjectID: subject.description, data: data)
        try EventsStore.insert(event, in: tx)
    }

    /// Deletes a number of an organisation's events at most; returns how many. For an organisation that is deleted.
    package static func erase(limit: Int, in tx: any Transaction) throws -> Int {
        try EventsStore.erase(limit: limit, in: tx)
    }

    /// Adds the JSON operations.
    package static func addRoutes(to routes: inout Routes) {
        routes.get(
            "/v1/orgs/{org}/events", "listEvents", "List what happened, newest first", tag: "events",
            allow: .member(.eventsRead),
            query: QueryParameter.paging + [QueryParameter("type", "Only events of this type.")],
            returns: Page<Event>.self
        ) { call, tx in
            call.page.page(
                try EventsStore.page(
                    before: call.page.after, type: call.query("type"), limit: call.page.limit + 1, in: tx),
                key: { $0.id.text })
        }
    }
}
