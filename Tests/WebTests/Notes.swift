// A small product of its own: notes of an organisation, enough to have every kind of route.
import Core
import Storage
import TestSupport
import Testing

@testable import Web

/// The tests of the wire: one at a time, because many of them measure time.
@Suite(.serialized) enum Wire {}

enum NoteKind: IdentifierKind { static let prefix = "note" }

struct Note: Codable, Sendable, Versioned {
    let id: String
    let text: String
    let version: Int64
    var entityTag: String { "\"\(version)\"" }
}

enum Colour: String, Codable, CaseIterable { case red, green }

struct NewNote: RequestBody {
    let text: String
    let colour: Colour?
    let weight: Int64?
    let tags: [String]?

    static let rules: [String: Rule] = [
        "text": .length(1...20), "weight": .range(1...10), "tags": .length(0...3),
    ]
}

struct Small: RequestBody {
    let text: String
    static let limit = 100
}

enum NotesStore {
    static let schema = """
        CREATE TABLE notes (
          id TEXT NOT NULL PRIMARY KEY, organization_id TEXT NOT NULL, text TEXT NOT NULL,
          version INTEGER NOT NULL) STRICT
        """

    static func note(_ row: Row) throws -> Note {
        Note(id: try row.text(0), text: try row.text(1), version: try row.int(2))
    }

    static func find(_ id: String, in tx: any Transaction) throws -> Note {
        guard let note = try tx.first("SELECT id, text, version FROM notes WHERE id = \(id)", note) else {
            throw Problem.notFound("note")
        }
        return note
    }

    static func add(_ text: String, in tx: any Transaction) throws -> Note {
        let id = Identifier<NoteKind>(at: tx.now).text
        try tx.run(
            """
            INSERT INTO notes (id, organization_id, text, version)
            VALUES (\(id), \(try tx.organization()), \(text), 1)
            """)
        return Note(id: id, text: text, version: 1)
    }

    static func count(_ database: any Database) throws -> Int64 {
        try database.read(in: .instance) { try $0.first("SELECT count(*) FROM notes") { try $0.int(0) } } ?? -1
    }
}

/// The routes, and who may call them: the tokens `owner` and `viewer`, of one user each.
struct Notes {
    static let organization = OrganizationID(stored: "org_01kajv7e5tf9gv5f2x3xj3k8qa")
    static let path = "/v1/orgs/\(organization)/notes"

    static func principal(_ name: String) -> Principal {
        let user = UserID(at: Timestamp(milliseconds: Int64(name.utf8.count)))
        return Principal(.session(SessionID(at: Timestamp(milliseconds: 1)), user: user), display: name)
    }

    static func settings(role: Role? = .owner, limits: Limits = .none) -> Gateway.Settings {
        .testing(
            principals: ["owner": principal("owner"), "other": principal("other one")], role: role, limits: limits)
    }

    static func routes() -> [Endpoint] {
        var routes = Routes()
        routes.get("/v1/ping", "ping", "Answers", tag: "test", allow: .anyone, returns: Small.self) { _, _ in
            Small(text: "pong")
        }
        routes.post(
            "/v1/echo", "echo", "Answers what came", tag: "test", allow: .anyone, body: NewNote.self,
            returns: NewNote.self
        ) { call, _ in call.body }
        routes.post(
            "/v1/small", "small", "Takes little", tag: "test", allow: .anyone, body: Small.self, returns: Small.self
        ) { call, _ in call.body }
        routes.get(
            "/v1/word", "word", "Needs a text", tag: "test", allow: .anyone,
            query: [QueryParameter("text", "Anything.", isRequired: true)], returns: NewNote.self
        ) { call, _ in NewNote(text: call.query("text") ?? "", colour: nil, weight: nil, tags: nil) }
        addNotes(to: &routes)
        routes.add(
            page("/page") { .html("<p>A page</p>") })
        routes.add(
            page("/large") { Response(status: 200, body: [UInt8](repeating: 120, count: largeAnswer)) })
        routes.add(page("/crlf") { Response(status: 303, headers: [("Location", "/a\r\nX-Evil: 1\r\n\r\n")]) })
        return routes.endpoints
    }

    /// More than the system's socket buffers hold.
    static let largeAnswer = 16_000_000

    private static func page(_ path: String, _ answer: @escaping @Sendable () -> Response) -> Endpoint {
        Endpoint(
            method: "GET", path: path, id: path, summary: path, tag: "test", access: .anyone, query: [], body: nil,
            output: .page, problems: [], work: .read { _, _ in answer() })
    }

    private static func addNotes(to routes: inout Routes) {
        routes.get(
            "/v1/orgs/{org}/notes", "listNotes", "Lists", tag: "test", allow: .member(.organizationRead),
            query: QueryParameter.paging, returns: Page<Note>.self
        ) { call, tx in
            let rows = try tx.rows(
                """
                SELECT id, text, version FROM notes
                WHERE id > \(call.page.after ?? "") ORDER BY id LIMIT \(call.page.limit + 1)
                """, NotesStore.note)
            let page = Array(rows.prefix(call.page.limit))
            return Page(data: page, nextCursor: rows.count > page.count ? page.last?.id : nil)
        }
        routes.post(
            "/v1/orgs/{org}/notes", "createNote", "Creates", tag: "test", allow: .member(.organizationManage),
            body: NewNote.self, returns: Note.self, status: 201
        ) { call, tx in
            let note = try NotesStore.add(call.body.text, in: tx)
            if call.body.text == "refuse" { throw Problem("refused", status: 409, "This text is refused.") }
            return note
        }
        routes.post(
            "/v1/orgs/{org}/payments", "pay", "Moves money", tag: "test", allow: .member(.organizationManage),
            body: NewNote.self, returns: Note.self, status: 201, requiresIdempotencyKey: true
        ) { call, tx in try NotesStore.add(call.body.text, in: tx) }
        routes.get(
            "/v1/orgs/{org}/notes/{note}", "getNote", "Reads", tag: "test", allow: .member(.organizationRead),
            returns: Note.self
        ) { call, tx in try NotesStore.find(call.parameter("note"), in: tx) }
        routes.patch(
            "/v1/orgs/{org}/notes/{note}", "changeNote", "Changes", tag: "test", allow: .member(.organizationManage),
            body: NewNote.self, returns: Note.self
        ) { call, tx in
            let note = try NotesStore.find(call.parameter("note"), in: tx)
            try call.requireMatch(note)
            try tx.run("UPDATE notes SET text = \(call.body.text), version = version + 1 WHERE id = \(note.id)")
            return try NotesStore.find(note.id, in: tx)
        }
    }

    /// Runs a server with these routes on a file of its own.
    static func serve<Value: Sendable>(
        options: ServerOptions = ServerOptions(), settings: Gateway.Settings = settings(),
        _ body: @escaping @Sendable (TestServer, TestDatabase) async throws -> Value
    ) async throws -> Value {
        let file = try TestDatabase(schema: NotesStore.schema)
        return try await withServer(routes(), on: file.database, options: options, settings: settings) { server in
            try await body(server, file)
        }
    }
}
