// Finds the operation for a method and a path.
import Core

/// A tree of path segments; fixed ones win over parameters.
package struct RouteTable: Sendable {
    private var root = Node()

    private final class Node: @unchecked Sendable {
        // Mutated while the table is built, before it is shared; only read afterwards.
        var fixed: [(segment: [UInt8], node: Node)] = []
        var parameter: (name: String, node: Node)?
        var endpoints: [String: Endpoint] = [:]

        /// A node has a handful of children: comparing bytes is cheaper than hashing them.
        func next(_ segment: ArraySlice<UInt8>) -> Node? {
            for (known, node) in fixed where known.count == segment.count && known[...] == segment { return node }
            return nil
        }
    }

    /// What a path leads to.
    package enum Match: Sendable {
        case found(Endpoint, parameters: [String: String])
        /// The path exists, but not for this method; the methods it has.
        case otherMethods([String])
        case none
    }

    /// Builds the table; throws a sentence for two operations of one method and path, or a parameter with two names.
    package init(_ endpoints: [Endpoint]) throws {
        for endpoint in endpoints {
            var node = root
            for segment in endpoint.path.split(separator: "/") {
                node = try Self.step(from: node, over: String(segment), of: endpoint)
            }
            guard node.endpoints.updateValue(endpoint, forKey: endpoint.method) == nil else {
                throw RouteConflict("\(endpoint.method) \(endpoint.path) is declared twice")
            }
            if case .member = endpoint.access, !endpoint.path.contains("{org}") {
                throw RouteConflict("\(endpoint.path) asks for a member, but has no {org}")
            }
        }
    }

    private static func step(from node: Node, over segment: String, of endpoint: Endpoint) throws -> Node {
        guard segment.hasPrefix("{"), segment.hasSuffix("}") else {
            let bytes = Array(segment.utf8)
            if let next = node.next(bytes[...]) { return next }
            let next = Node()
            node.fixed.append((bytes, next))
            return next
        }
        let name = String(segment.dropFirst().dropLast())
        if let (known, next) = node.parameter {
            guard known == name else { throw RouteConflict("\(endpoint.path): {\(name)} is {\(known)} elsewhere") }
            return next
        }
        let next = Node()
        node.parameter = (name, next)
        return next
    }

    /// Looks a path up; its segments are taken as they came, not percent-decoded.
    package func find(_ method: String, _ path: Substring) -> Match {
        var rest = Array(path.utf8)[...]
        guard rest.popFirst() == UInt8(ascii: "/") else { return .none }
        var parameters: [String: String] = [:]
        var node = root
        // An empty segment is another path to us, whatever a proxy in front thinks.
        while !rest.isEmpty || node !== root {
            let end = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
            let segment = rest[..<end]
            if let next = node.next(segment) {
                node = next
            } else if let (name, next) = node.parameter, (1...200).contains(segment.count) {
                parameters[name] = String(decoding: segment, as: UTF8.self)
                node = next
            } else {
                return .none
            }
            if end == rest.endIndex { break }
            rest = rest[(end + 1)...]
        }
        if let endpoint = node.endpoints[method] { return .found(endpoint, parameters: parameters) }
        return node.endpoints.isEmpty ? .none : .otherMethods(node.endpoints.keys.sorted())
    }
}

/// Two declarations that contradict each other; found at start.
package struct RouteConflict: Error, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}
