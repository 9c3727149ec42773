// raptorflow doctor: what is and is not right, as a list of traffic lights.
import ArgumentParser
import Operations
import Storage

struct DoctorCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Examine the instance and say what is and is not right.",
        discussion: "Reads the whole file, also while the server runs; changes nothing. Status 1 when something is red."
    )

    func run(in invocation: Invocation) async throws {
        let settings = try invocation.settings().settings
        let findings = try await examine(settings)
        let isColored = Terminal.isOutputSeen
        for finding in findings { Terminal.say(Self.line(finding, isColored: isColored)) }
        let red = findings.filter { $0.light == .red }.count
        let yellow = findings.filter { $0.light == .yellow }.count
        Terminal.say(
            red + yellow == 0
                ? "\nEverything is as it should be." : "\n\(red) to mend, \(yellow) to look at, of \(findings.count).")
        if red > 0 { throw ProblemsFound() }
    }

    private func examine(_ settings: Settings) async throws -> [Doctor.Finding] {
        let opened: DatabaseFile
        do {
            opened = try DatabaseFile.openAsItIs(settings.database)
        } catch let error as MigrationError {
            return [Doctor.Finding("Schema", .red, "\(error)")]
        } catch {
            return [Doctor.Finding("Database file", .red, "\(error)")]
        }
        let facts = Surroundings.facts(settings, verifications: Surroundings.verifications)
        let doctor = Doctor(facts: facts)
        do {
            return try await opened.reading { tx in try doctor.thorough(in: tx) }
        } catch {
            return [Doctor.Finding("Database file", .red, "It can't be read: \(error)")]
        }
    }

    private static func line(_ finding: Doctor.Finding, isColored: Bool) -> String {
        let (word, color) =
            switch finding.light {
            case .green: ("good", "32")
            case .yellow: ("look", "33")
            case .red: ("mend", "31")
            }
        let light = isColored ? "\u{1B}[\(color)m● \(word)\u{1B}[0m" : "[\(word)]"
        let name = finding.name + String(repeating: " ", count: max(0, 16 - finding.name.count))
        return "\(light)  \(name)  \(finding.text)"
    }
}
