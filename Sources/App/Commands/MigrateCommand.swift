// raptorflow migrate: brings the schema up to date while no server runs.
import ArgumentParser

struct MigrateCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Bring the database's schema up to date; a server does it at its start too.",
        discussion: "Takes a snapshot beside the file first. No server may be using the file.")

    func run(in invocation: Invocation) async throws {
        let settings = try invocation.settings().settings
        let (before, after) = try DatabaseFile.migrate(settings.database)
        if before == after {
            Terminal.say("\(settings.database) has schema \(after) already. Nothing to do.")
        } else if before == 0 {
            Terminal.say("\(settings.database) was made with schema \(after).")
        } else {
            Terminal.say(
                "\(settings.database) went from schema \(before) to \(after). "
                    + "The file as it was before is \(settings.database).before-\(after).")
        }
    }
}
