// raptorflow options: everything that can be set.
import ArgumentParser

struct OptionsCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "options", abstract: "List everything that can be set.",
        discussion: """
            A flag wins over a variable, a variable over the file, the file over the default. The file is \
            raptorflow.json, or the one that --config names: {"port": 8090, "smtp": {"host": "mail.example.com"}}. \
            A secret is never a flag; besides its variable there are one that names a file which holds it (…_FILE) and \
            one that names a command which prints it (…_COMMAND).
            """)

    func run(in invocation: Invocation) async throws {
        for setting in Setting.all {
            let spelling =
                setting.isSecret
                ? "\(setting.flag)-file FILE, \(setting.flag)-command COMMAND"
                : "\(setting.flag) \(Self.word(setting.kind))"
            let fallback = setting.fallback.isEmpty ? "" : " [\(setting.fallback)]"
            Terminal.say("\(spelling), \(setting.variable)\n    \(setting.help)\(fallback)")
        }
    }

    private static func word(_ kind: Setting.Kind) -> String {
        switch kind {
        case .text: "TEXT"
        case .path: "PATH"
        case .origin, .address: "URL"
        case .email: "ADDRESS"
        case .integer: "NUMBER"
        case .choice(let choices): choices.joined(separator: "|")
        case .choices(let choices): choices.joined(separator: ",")
        case .addresses: "IP,IP"
        case .origins: "ORIGIN,ORIGIN"
        case .command: "COMMAND"
        }
    }
}
