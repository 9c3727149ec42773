// Takes the options out of the arguments, so that what remains is the command and its own.

/// The options that came as flags, and the arguments that are none.
package struct CommandLineFlags: Sendable {
    /// Values by key.
    package private(set) var values: [String: String] = [:]
    /// What is left for the command: its name, its arguments, its own flags.
    package private(set) var rest: [String] = []
    package private(set) var problems: [String] = []

    /// Takes `--name value` and `--name=value` for every option that is no secret; everything after `--` is left.
    package init(_ arguments: [String]) {
        let settings = Dictionary(
            Setting.withVariants.map { ($0.flag, $0) }, uniquingKeysWith: { first, _ in first })
        var waiting = arguments[...]
        while let argument = waiting.popFirst() {
            if argument == "--" {
                rest += [argument] + waiting
                break
            }
            let name = String(argument.prefix { $0 != "=" })
            guard argument.hasPrefix("--"), let setting = settings[name] else {
                rest.append(argument)
                continue
            }
            let inline = argument.count > name.count ? String(argument.dropFirst(name.count + 1)) : nil
            take(inline ?? waiting.popFirst(), for: setting)
        }
    }

    private mutating func take(_ value: String?, for setting: Setting) {
        if setting.isSecret {
            problems.append(
                "\(setting.flag): a secret is not taken as a flag, because every user of this machine could read it. "
                    + "Use \(setting.variable) or \(setting.flag)-file.")
        } else if let value {
            if values.updateValue(value, forKey: setting.key) != nil {
                problems.append("\(setting.flag) is given twice.")
            }
        } else {
            problems.append("\(setting.flag) needs a value.")
        }
    }
}
