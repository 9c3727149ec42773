// Reads the options from flags, environment, file and defaults, in this order, and refuses what is doubtful at once.
import Configuration
import Core
import Foundation
import Web

/// Where the value of an option comes from.
package enum Origin: Sendable, Hashable, CustomStringConvertible {
    case flag(String)
    case variable(String)
    case file(String)
    case credential(String)
    case command(String)
    case fallback

    package var description: String {
        switch self {
        case .flag(let name): name
        case .variable(let name): name
        case .file(let path): path
        case .credential(let path): "credential \(path)"
        case .command(let path): "command \(path)"
        case .fallback: "default"
        }
    }
}

/// The options in force with their origins.
package struct EffectiveSettings: Sendable {
    package let settings: Settings
    /// The text and origin of every option that has a value, by key.
    package let found: [String: (text: String, origin: Origin)]
}

/// Why the program does not start: every problem of the options, a sentence each.
package struct SettingsRefused: Error, CustomStringConvertible {
    package let problems: [String]

    package var description: String {
        let lines = problems.map { "  · \($0)" }.joined(separator: "\n")
        return "The options are not right, so nothing was started:\n\(lines)\n"
            + "`raptorflow help options` lists all of them."
    }
}

/// Gathers the options; one value per reading.
package struct SettingsReading {
    private var problems: [String]
    private var found: [String: (text: String, origin: Origin)] = [:]
    private let environment: [String: String]
    private let flags: CommandLineFlags

    private init(_ flags: CommandLineFlags, _ environment: [String: String]) {
        self.flags = flags
        self.environment = environment
        problems = flags.problems
    }

    /// Reads everything. Throws `SettingsRefused` with all problems at once.
    package static func read(flags: CommandLineFlags, environment: [String: String]) throws -> EffectiveSettings {
        var reading = SettingsReading(flags, environment)
        return try reading.run()
    }

    private mutating func run() throws -> EffectiveSettings {
        refuseUnknownVariables()
        let command = InMemoryProvider(
            name: "flags", values: Self.values(flags.values.map { ($0.key, $0.value) }))
        // A variable that is set to nothing counts as not set, as compose files leave them.
        let variables = EnvironmentVariablesProvider(environmentVariables: environment.filter { !$0.value.isEmpty })
            .prefixKeys(with: "raptorflow")
        let path = configurationFile(command, variables)
        let file = InMemoryProvider(name: "file", values: Self.values(readFile(path.text, isRequired: path.isRequired)))
        for setting in Setting.withVariants {
            lookUp(
                setting,
                in: [
                    (command, { .flag($0.flag) }), (variables, { .variable($0.variable) }),
                    (file, { _ in .file(path.text) }),
                ])
        }
        for setting in Setting.all where setting.isSecret { resolveSecret(setting) }
        let settings = Settings { key in self.found[key]?.text ?? "" }
        problems += settings.contradictions { self.found[$0]?.text }
        guard problems.isEmpty else { throw SettingsRefused(problems: problems) }
        return EffectiveSettings(settings: settings, found: found)
    }

    private static func values(_ pairs: [(String, String)]) -> [AbsoluteConfigKey: ConfigValue] {
        Dictionary(
            pairs.map { (absolute($0.0), ConfigValue(.string($0.1), isSecret: false)) },
            uniquingKeysWith: { first, _ in first })
    }

    private static func absolute(_ key: String) -> AbsoluteConfigKey {
        AbsoluteConfigKey(key.split(separator: ".").map(String.init))
    }

    /// The first provider that knows the option wins; its value is held against the option's kind.
    private mutating func lookUp(
        _ setting: Setting, in providers: [(provider: any ConfigProvider, origin: (Setting) -> Origin)]
    ) {
        for (provider, origin) in providers {
            guard let value = try? provider.value(forKey: Self.absolute(setting.key), type: .string).value,
                case .string(let text) = value.content
            else { continue }
            return accept(text, of: setting, from: origin(setting))
        }
        if !setting.fallback.isEmpty { found[setting.key] = (setting.fallback, .fallback) }
    }

    private mutating func accept(_ text: String, of setting: Setting, from origin: Origin) {
        if let objection = text.isEmpty ? "must not be empty" : setting.objection(to: text) {
            let shown = setting.isSecret ? "" : " \"\(text.prefix(80))\""
            problems.append("\(setting.key)\(shown) (from \(origin)) \(objection).")
        }
        found[setting.key] = (text, origin)
    }

    // MARK: - Environment

    private mutating func refuseUnknownVariables() {
        let known = Setting.withVariants.map(\.variable)
        for name in environment.keys.sorted() where name.hasPrefix(Setting.prefix) && !known.contains(name) {
            problems.append("\(name): there is no such option.\(Self.hint(name, known))")
        }
    }

    private static func hint(_ text: String, _ known: [String]) -> String {
        Setting.nearest(to: text, among: known).map { " Did you mean \($0)?" } ?? ""
    }

    // MARK: - File

    private func configurationFile(
        _ command: any ConfigProvider, _ variables: any ConfigProvider
    ) -> (text: String, isRequired: Bool) {
        for provider in [command, variables] {
            if let value = try? provider.value(forKey: AbsoluteConfigKey(["config"]), type: .string).value,
                case .string(let text) = value.content
            {
                return (text, true)
            }
        }
        return ("raptorflow.json", false)
    }

    private mutating func readFile(_ path: String, isRequired: Bool) -> [(String, String)] {
        guard let data = FileManager.default.contents(atPath: path) else {
            if isRequired { problems.append("config: the file \(path) can't be read.") }
            return []
        }
        do {
            guard case .object(let members) = try JSONParser.parse(Array(data)) else {
                problems.append("\(path) must be a JSON object of options.")
                return []
            }
            return flatten(members, under: "", of: path)
        } catch {
            problems.append("\(path) is not valid JSON: \(error.detail)")
            return []
        }
    }

    private mutating func flatten(
        _ members: [JSONValue.Member], under prefix: String, of path: String
    ) -> [(String, String)] {
        let known = Setting.withVariants
        return members.flatMap { member -> [(String, String)] in
            let key = prefix + member.name
            if case .object(let nested) = member.value, known.contains(where: { $0.key.hasPrefix(key + ".") }) {
                return flatten(nested, under: key + ".", of: path)
            }
            guard let setting = known.first(where: { $0.key == key }), key != "config" else {
                problems.append("\(path): there is no option \(key).\(Self.hint(key, known.map(\.key)))")
                return []
            }
            guard let text = Self.text(member.value, for: setting.kind) else {
                problems.append("\(path): \(key) must be \(Self.form(of: setting.kind)).")
                return []
            }
            return [(key, text)]
        }
    }

    /// A value of the file as text, if it has the JSON type that its kind takes.
    private static func text(_ value: JSONValue, for kind: Setting.Kind) -> String? {
        switch (kind, value) {
        case (.integer, .integer(let number)): String(number)
        case (.integer, _): nil
        case (.command, .array): value.text
        case (.choices, .array(let items)), (.addresses, .array(let items)), (.origins, .array(let items)):
            items.allSatisfy { $0.stringValue != nil } ? items.compactMap(\.stringValue).joined(separator: ",") : nil
        default: value.stringValue
        }
    }

    private static func form(of kind: Setting.Kind) -> String {
        switch kind {
        case .integer: "a whole number, without quotes"
        case .choices, .addresses, .origins: "a list of texts"
        case .command: "a text, or a list of texts"
        default: "a text"
        }
    }

    // MARK: - Secrets

    /// A secret from the file or command that its other options name, or from systemd's folder of credentials.
    private mutating func resolveSecret(_ setting: Setting) {
        let given = [setting, setting.fileVariant, setting.commandVariant].compactMap(\.self).filter {
            found[$0.key] != nil
        }
        if given.count > 1 {
            problems.append("\(given.map(\.key).joined(separator: " and ")) are both set: keep one.")
        } else if let variant = setting.fileVariant, let named = found[variant.key] {
            guard let text = Self.firstLine(of: named.text) else {
                problems.append("\(variant.key) (from \(named.origin)): the file \(named.text) can't be read.")
                return
            }
            accept(text, of: setting, from: .file(named.text))
        } else if let variant = setting.commandVariant, let named = found[variant.key] {
            runCommand(named, variant.key, for: setting)
        } else if given.isEmpty, let folder = environment["CREDENTIALS_DIRECTORY"] {
            let path = "\(folder)/raptorflow_\(String(setting.key.map { $0 == "." ? "_" : $0 }))"
            if let text = Self.firstLine(of: path) { accept(text, of: setting, from: .credential(path)) }
        }
    }

    private mutating func runCommand(_ named: (text: String, origin: Origin), _ key: String, for setting: Setting) {
        // What is no command was refused when it was read.
        guard let arguments = SecretCommand.arguments(of: named.text), let path = arguments.first else { return }
        do {
            accept(
                try SecretCommand.run(arguments, environment: environment), of: setting, from: .command(path))
        } catch {
            let reason = (error as? SecretCommand.Failed)?.reason ?? "failed"
            problems.append("\(key) (from \(named.origin)): \(path) \(reason).")
        }
    }

    private static func firstLine(of path: String) -> String? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        let text = String(decoding: data.prefix(65_536), as: UTF8.self)
        return String(text.prefix { !$0.isNewline })
    }
}
