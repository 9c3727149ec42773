// One record of the audit log.
package import Core
import Crypto
package import Storage
import Web

/// One record: who did what to which thing, when, from where.
package struct AuditEvent: Sendable {
    /// Position in the chain, from 1 without gaps.
    package let sequence: Int64
    package let at: Timestamp
    /// Who did it.
    package let actor: Actor
    package let action: String
    package let target: Audit.Target
    /// What changed, as JSON.
    package let details: String

    /// The exact bytes that are hashed: fields in a fixed order as a JSON array, version first.
    func canonical(chain: Audit.Chain) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(400 + details.utf8.count)
        var separator = UInt8(ascii: "[")
        func add(_ text: String) {
            bytes.append(separator)
            separator = UInt8(ascii: ",")
            JSONText.append(quoted: text, to: &bytes)
        }
        func add(_ number: Int64) {
            bytes.append(separator)
            bytes.append(contentsOf: String(number).utf8)
        }
        add("raptorflow.audit.1")
        add(chain.key)
        add(sequence)
        add(at.milliseconds)
        for text in [
            actor.kind.rawValue, actor.id, actor.display, actor.requestID ?? "", actor.address ?? "", action,
            target.kind,
            target.id, details,
        ] { add(text) }
        bytes.append(UInt8(ascii: "]"))
        return bytes
    }

    /// SHA-256 of the hash before it and of the canonical bytes.
    func hash(after previous: [UInt8], in chain: Audit.Chain) -> [UInt8] {
        var digest = SHA256()
        digest.update(data: previous)
        digest.update(data: canonical(chain: chain))
        return Array(digest.finalize())
    }
}

/// A record as the API answers it.
package struct AuditEventResource: Codable, Sendable {
    let sequence: Int64
    let at: Timestamp
    let actor: ActorResource
    let action: String
    let target: TargetResource
    let details: JSONValue
    let requestID: String?
    let address: String?
    let hash: String

    enum CodingKeys: String, CodingKey {
        case sequence, at, actor, action, target, details, address, hash
        case requestID = "request_id"
    }

    struct ActorResource: Codable, Sendable {
        let type: String
        let id: String
        let display: String
    }

    struct TargetResource: Codable, Sendable {
        let type: String
        let id: String
    }

    init(_ event: AuditEvent, hash: [UInt8]) {
        sequence = event.sequence
        at = event.at
        actor = ActorResource(type: event.actor.kind.rawValue, id: event.actor.id, display: event.actor.display)
        action = event.action
        target = TargetResource(type: event.target.kind, id: event.target.id)
        details = (try? JSONParser.parse(Array(event.details.utf8))) ?? .object([])
        requestID = event.actor.requestID
        address = event.actor.address
        self.hash = Hex.encode(hash)
    }
}
