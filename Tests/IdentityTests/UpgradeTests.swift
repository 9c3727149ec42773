// A file from before second factors: its sessions and links go on working.
import Core
import Foundation
import Storage
import StorageSQLite
import TestSupport
import Testing
import Web

@testable import Identity

struct UpgradeTests {
    @Test func `sessions and links of an older file go on working after the migration`() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "upgrade-\(UUID().uuidString).db").path()
        defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        let before = Instance.migrations.filter { $0.number < 9 }
        try SQLiteDatabase(path: path, options: .init(migrations: before, visibility: [])).close()
        let (session, link) = (Token(.session), Token(.once))
        let now = Timestamp(milliseconds: Clock.system.now.milliseconds)
        let (made, ends) = (now.adding(-.hours(1)), now.adding(.hours(1)))
        let user = UserID(at: made)
        try Self.shell(
            """
            INSERT INTO users (id, email, email_folded, name, created_at, updated_at)
              VALUES ('\(user)', 'meera@example.com', 'meera@example.com', 'Meera', 1, 1);
            INSERT INTO sessions (id, user_id, token_hash, created_at, last_seen_at, expires_at)
              VALUES ('\(SessionID(at: made))', '\(user)', x'\(Hex.encode(session.hash))', \(made.milliseconds), 1,
                \(ends.milliseconds));
            INSERT INTO one_time_tokens (token_hash, purpose, user_id, created_at, expires_at)
              VALUES (x'\(Hex.encode(link.hash))', 'password_reset', '\(user)', 1, \(ends.milliseconds));
            """, on: path)
        let database = try SQLiteDatabase(
            path: path, options: .init(migrations: Instance.migrations, visibility: Identity.visibility))
        let found = try database.read(in: .instance) { tx in
            (
                principal: try Identity(database: database).principal(token: session.text, in: tx),
                holder: try OneTimeTokenStore.user(.passwordReset, hash: link.hash, in: tx)
            )
        }
        #expect(found.principal?.user == user)
        #expect(found.principal?.hasSecondFactor == false)
        // It was opened an hour ago: too long for changes to the account itself.
        #expect(found.principal?.authenticatedAt == made)
        #expect(found.holder == user)
        try database.close()
    }

    private static func shell(_ script: String, on path: String) throws {
        #expect(try Command.sqlite(path, script).status == 0)
    }
}
