// The files that are compiled into the program, or read from a folder while designing pages.
import CResources
import FoundationEssentials

/// Files below `Resources`: migrations, styles, scripts, icons.
package struct Resources: Sendable {
    private let folder: String?

    /// Reads from the program itself, or from a folder when one is given.
    package init(folder: String? = nil) { self.folder = folder }

    /// Every embedded file's path, such as `console/app.css`.
    package static let names: [String] = (0..<raptorflow_resource_count()).map {
        String(cString: raptorflow_resource_at($0).name)
    }

    /// The bytes of a file; nil when there is none of that name.
    package func bytes(_ name: String) -> [UInt8]? {
        guard let index = Self.names.firstIndex(of: name) else { return nil }
        if let folder { return try? Array(Data(contentsOf: URL(filePath: "\(folder)/\(name)"))) }
        let resource = raptorflow_resource_at(index)
        return Array(UnsafeBufferPointer(start: resource.bytes, count: resource.count))
    }

    /// A file as text.
    package func text(_ name: String) -> String? { bytes(name).map { String(decoding: $0, as: UTF8.self) } }
}
