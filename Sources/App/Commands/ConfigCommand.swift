// raptorflow config: what is in force, and where it comes from.
import ArgumentParser
import Operations

struct ConfigCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Print every option in force and where it comes from; secrets are masked.")

    func run(in invocation: Invocation) async throws {
        let effective = try invocation.settings()
        var rows: [[String]] = [["option", "value", "from"]]
        for setting in Setting.all {
            guard let found = effective.found[setting.key] else {
                rows.append([setting.key, Self.derived(setting, effective.settings), "default"])
                continue
            }
            rows.append([setting.key, setting.isSecret ? "••••••••" : found.text, found.origin.description])
        }
        Terminal.say(TextTable.text(rows))
    }

    /// What holds although nobody set it and the table has no default: it follows from other options.
    private static func derived(_ setting: Setting, _ settings: Settings) -> String {
        switch setting.key {
        case "public_url": settings.publicURL
        case "backups.folder": settings.backupFolder
        case "master_key": "(in \(settings.masterKey.file))"
        default: "-"
        }
    }
}

/// Columns of text, each as wide as its widest cell.
enum TextTable {
    static func text(_ rows: [[String]]) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { index, cell in
                index == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[index] - cell.count)
            }
            return cells.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
