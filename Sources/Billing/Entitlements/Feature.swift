// A feature: something that plans differ in, and the value that a plan gives it.
import Core
import Storage
import Web

/// What sort of value a feature has.
enum FeatureKind: String, CaseIterable, Codable, Sendable, SQLBindable {
    case boolean
    case limit
    case text
}

/// One line of what plans differ in.
struct Feature: Sendable, Hashable {
    /// Short and stable: `members`.
    let code: String
    let name: String
    let kind: FeatureKind
    /// What a limit counts, in the singular; empty for the others.
    let unit: String
    /// The meter that measures a limit: then it is a quota for each period.
    let meter: String?

    /// Features that the product itself asks about.
    static let members = "members"
    static let apiKeys = "api_keys"
    static let callsPerMinute = "calls_per_minute"
}

/// The value of a feature.
enum FeatureValue: Sendable, Hashable {
    case flag(Bool)
    /// Nil: as much as anybody likes.
    case limit(Int64?)
    case text(String)

    private static let unlimited = "unlimited"

    /// Takes what the database holds; nil when it does not fit the kind.
    init?(stored text: String, _ kind: FeatureKind) {
        switch kind {
        case .boolean:
            guard let flag = Bool(text) else { return nil }
            self = .flag(flag)
        case .limit:
            if text == Self.unlimited {
                self = .limit(nil)
            } else {
                guard let number = Int64(text), (0...Money.limit).contains(number) else { return nil }
                self = .limit(number)
            }
        case .text:
            guard (1...200).contains(text.count) else { return nil }
            self = .text(text)
        }
    }

    /// Takes `true`, `25`, `"unlimited"` or a text; nil when it does not fit the kind.
    init?(_ json: JSONValue, _ kind: FeatureKind) {
        switch json {
        case .bool(let flag) where kind == .boolean: self = .flag(flag)
        case .integer(let number) where kind == .limit && (0...Money.limit).contains(number): self = .limit(number)
        case .string(Self.unlimited) where kind == .limit: self = .limit(nil)
        case .string(let text) where kind == .text && (1...200).contains(text.count): self = .text(text)
        default: return nil
        }
    }

    var stored: String {
        switch self {
        case .flag(let flag): flag ? "true" : "false"
        case .limit(let number): number.map { String($0) } ?? Self.unlimited
        case .text(let text): text
        }
    }

    var json: JSONValue {
        switch self {
        case .flag(let flag): .bool(flag)
        case .limit(let number): number.map { .integer($0) } ?? .string(Self.unlimited)
        case .text(let text): .string(text)
        }
    }

    /// For people: `25 members`, `unlimited`, `yes`.
    func words(_ feature: Feature) -> String {
        switch self {
        case .flag(let flag): flag ? "yes" : "no"
        case .limit(let number): number.map { "\($0.grouped) \($0 == 1 ? feature.unit : feature.unit + "s")" } ?? stored
        case .text(let text): text
        }
    }
}
