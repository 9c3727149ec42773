// A TrueType font as PDF needs it: which glyph a character has, how wide it is, and a font file of only those used.

/// Reads the tables of a font that this program carries itself; what lies outside them reads as 0.
struct TrueTypeFont: Sendable {
    private let bytes: [UInt8]
    private let tables: [String: Range<Int>]
    private let glyphs: [UInt32: Int]
    private let hasLongLocations: Bool
    private let metricsCount: Int
    let unitsPerEm: Int
    let ascent: Int
    let descent: Int
    /// Left, bottom, right, top of all glyphs.
    let box: [Int]

    /// Takes the bytes of a font file; nil when they are none.
    init?(_ bytes: [UInt8]) {
        let reader = Reader(bytes: bytes)
        var tables: [String: Range<Int>] = [:]
        for index in 0..<min(reader.word(4), 64) {
            let entry = 12 + 16 * index
            let start = reader.long(entry + 8)
            let end = start + reader.long(entry + 12)
            guard entry + 16 <= bytes.count, end <= bytes.count else { return nil }
            tables[String(decoding: bytes[entry..<entry + 4], as: UTF8.self)] = start..<end
        }
        guard let head = tables["head"]?.lowerBound, let hhea = tables["hhea"]?.lowerBound,
            let cmap = tables["cmap"]?.lowerBound, tables["glyf"] != nil, tables["loca"] != nil, tables["hmtx"] != nil
        else { return nil }
        self.bytes = bytes
        self.tables = tables
        unitsPerEm = max(reader.word(head + 18), 1)
        hasLongLocations = reader.word(head + 50) != 0
        box = [36, 38, 40, 42].map { reader.signed(head + $0) }
        ascent = reader.signed(hhea + 4)
        descent = reader.signed(hhea + 6)
        metricsCount = max(reader.word(hhea + 34), 1)
        glyphs = Self.glyphs(reader, cmap)
    }

    /// The character map in format 4: segments of the basic plane.
    private static func glyphs(_ reader: Reader, _ cmap: Int) -> [UInt32: Int] {
        var glyphs: [UInt32: Int] = [:]
        for index in 0..<min(reader.word(cmap + 2), 16) {
            let table = cmap + reader.long(cmap + 8 + 8 * index)
            guard reader.word(table) == 4 else { continue }
            let size = reader.word(table + 6)
            for segment in 0..<size / 2 {
                let end = reader.word(table + 14 + 2 * segment)
                let start = reader.word(table + 16 + size + 2 * segment)
                let delta = reader.word(table + 16 + 2 * size + 2 * segment)
                let place = table + 16 + 3 * size + 2 * segment
                let offset = reader.word(place)
                guard start <= end, end < 0xFFFF else { continue }
                for code in start...end {
                    let direct = offset == 0 ? code : reader.word(place + offset + 2 * (code - start))
                    let glyph = offset != 0 && direct == 0 ? 0 : (direct + delta) & 0xFFFF
                    if glyph != 0 { glyphs[UInt32(code)] = glyph }
                }
            }
        }
        return glyphs
    }

    /// The glyph of a character; 0, an empty box, when the font has none.
    func glyph(_ scalar: Unicode.Scalar) -> Int {
        if let glyph = glyphs[scalar.value] { return glyph }
        // Noto Sans has its minus in another file; its en dash looks the same.
        return scalar == "\u{2212}" ? glyphs[0x2013] ?? 0 : 0
    }

    /// How far a glyph moves the pen, in units of the font.
    func advance(_ glyph: Int) -> Int {
        Reader(bytes: bytes).word((tables["hmtx"]?.lowerBound ?? 0) + 4 * min(glyph, metricsCount - 1))
    }

    private func outline(_ glyph: Int) -> ArraySlice<UInt8> {
        guard let loca = tables["loca"], let glyf = tables["glyf"] else { return [] }
        let reader = Reader(bytes: bytes)
        func location(_ index: Int) -> Int {
            hasLongLocations
                ? reader.long(loca.lowerBound + 4 * index) : 2 * reader.word(loca.lowerBound + 2 * index)
        }
        let start = glyf.lowerBound + location(glyph)
        let end = glyf.lowerBound + location(glyph + 1)
        return start < end && end <= glyf.upperBound ? bytes[start..<end] : []
    }

    /// A font file of these glyphs, renumbered in their order; parts that they are made of follow.
    func subset(_ wanted: [Int]) -> [UInt8] {
        var order = wanted
        var outlines: [[UInt8]] = []
        var index = 0
        while index < order.count {
            var outline = Array(outline(order[index]))
            for place in Self.components(of: outline) {
                let part = Reader(bytes: outline).word(place)
                let number = order.firstIndex(of: part) ?? order.count
                if number == order.count { order.append(part) }
                outline[place] = UInt8(truncatingIfNeeded: number >> 8)
                outline[place + 1] = UInt8(truncatingIfNeeded: number)
            }
            outlines.append(outline + Array(repeating: 0, count: (4 - outline.count % 4) % 4))
            index += 1
        }
        var location = 0
        var loca: [UInt8] = []
        for outline in outlines {
            loca += Self.long(location)
            location += outline.count
        }
        loca += Self.long(location)
        let metrics = order.flatMap { glyph in Self.word(advance(glyph)) + bearing(glyph) }
        return Self.file([
            ("glyf", outlines.flatMap { $0 }), ("head", patched("head", [(50, 1)])),
            ("hhea", patched("hhea", [(34, order.count)])), ("hmtx", metrics), ("loca", loca),
            ("maxp", patched("maxp", [(4, order.count)])),
        ])
    }

    private func bearing(_ glyph: Int) -> [UInt8] {
        guard let hmtx = tables["hmtx"] else { return [0, 0] }
        let place =
            hmtx.lowerBound
            + (glyph < metricsCount ? 4 * glyph + 2 : 4 * metricsCount + 2 * (glyph - metricsCount))
        return Self.word(Reader(bytes: bytes).word(place))
    }

    /// A table with some of its 16-bit fields set.
    private func patched(_ name: String, _ fields: [(Int, Int)]) -> [UInt8] {
        var table = tables[name].map { Array(bytes[$0]) } ?? []
        for (place, value) in fields where place + 1 < table.count {
            table[place] = UInt8(truncatingIfNeeded: value >> 8)
            table[place + 1] = UInt8(truncatingIfNeeded: value)
        }
        return table
    }

    /// Where a composite glyph names the glyphs that it is made of.
    private static func components(of outline: [UInt8]) -> [Int] {
        let reader = Reader(bytes: outline)
        guard outline.count > 10, reader.signed(0) < 0 else { return [] }
        var places: [Int] = []
        var place = 10
        while place + 4 <= outline.count {
            let flags = reader.word(place)
            places.append(place + 2)
            place += 4 + (flags & 0x1 != 0 ? 4 : 2)
            place += flags & 0x8 != 0 ? 2 : flags & 0x40 != 0 ? 4 : flags & 0x80 != 0 ? 8 : 0
            if flags & 0x20 == 0 { break }
        }
        return places
    }

    private static func file(_ tables: [(name: String, bytes: [UInt8])]) -> [UInt8] {
        // The search fields of six tables: 16 × 4, 2, 16 × 6 − 64.
        var head = long(0x0001_0000) + word(tables.count) + word(64) + word(2) + word(16 * tables.count - 64)
        var body: [UInt8] = []
        for table in tables {
            let padded = table.bytes + Array(repeating: 0, count: (4 - table.bytes.count % 4) % 4)
            head += Array(table.name.utf8) + long(checksum(padded)) + long(12 + 16 * tables.count + body.count)
            head += long(table.bytes.count)
            body += padded
        }
        return head + body
    }

    private static func checksum(_ bytes: [UInt8]) -> Int {
        let reader = Reader(bytes: bytes)
        return stride(from: 0, to: bytes.count, by: 4).reduce(0) { ($0 + reader.long($1)) & 0xFFFF_FFFF }
    }

    private static func word(_ value: Int) -> [UInt8] {
        [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)]
    }

    private static func long(_ value: Int) -> [UInt8] { word(value >> 16) + word(value) }
}

/// Big-endian numbers in bytes.
private struct Reader {
    let bytes: [UInt8]

    func word(_ place: Int) -> Int {
        guard place >= 0, place + 1 < bytes.count else { return 0 }
        return Int(bytes[place]) << 8 | Int(bytes[place + 1])
    }

    func signed(_ place: Int) -> Int { Int(Int16(truncatingIfNeeded: word(place))) }
    func long(_ place: Int) -> Int { word(place) << 16 | word(place + 2) }
}
