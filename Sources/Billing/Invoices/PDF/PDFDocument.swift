// Pages of text, lines and areas as PDF 1.7, with the glyphs that are used embedded.
import Core

/// A document in the making. Places are points from the left and from the top of a page.
struct PDFDocument {
    /// A4.
    static let width = 595.28
    static let height = 841.89

    enum Style: Int, CaseIterable, Sendable {
        case regular
        case bold
    }

    enum Alignment: Sendable {
        case left
        case right
    }

    /// Red, green, blue from 0 to 1.
    struct Colour: Sendable {
        let red: Double
        let green: Double
        let blue: Double

        static let ink = Colour(red: 0.09, green: 0.10, blue: 0.14)
        static let muted = Colour(red: 0.38, green: 0.41, blue: 0.48)
        static let rule = Colour(red: 0.85, green: 0.86, blue: 0.89)
        static let wash = Colour(red: 0.955, green: 0.958, blue: 0.97)
        static let accent = Colour(red: 0.29, green: 0.255, blue: 0.784)
        static let good = Colour(red: 0.05, green: 0.45, blue: 0.25)
        static let bad = Colour(red: 0.70, green: 0.11, blue: 0.11)
    }

    /// A font with the glyphs that were used, in the order of their first use.
    private struct Face {
        let font: TrueTypeFont
        var order = [0]
        var numbers: [Unicode.Scalar: Int] = [:]

        mutating func number(_ scalar: Unicode.Scalar) -> Int {
            if let known = numbers[scalar] { return known }
            let glyph = font.glyph(scalar)
            let number = order.firstIndex(of: glyph) ?? order.count
            if number == order.count { order.append(glyph) }
            numbers[scalar] = number
            return number
        }
    }

    private var faces: [Face]
    private(set) var pages: [String] = [""]
    private let title: String
    private let now: Timestamp

    /// Begins with one empty page; nil without its fonts.
    init?(title: String, fonts: [[UInt8]], at now: Timestamp) {
        let fonts = fonts.compactMap(TrueTypeFont.init)
        guard fonts.count == Style.allCases.count else { return nil }
        faces = fonts.map { Face(font: $0) }
        self.title = title
        self.now = now
    }

    mutating func beginPage() { pages.append("") }

    /// How wide a text is.
    func width(_ text: String, _ style: Style = .regular, _ size: Double) -> Double {
        let font = faces[style.rawValue].font
        let units = text.unicodeScalars.reduce(0) { $0 + font.advance(font.glyph($1)) }
        return Double(units) * size / Double(font.unitsPerEm)
    }

    /// Draws a text on its base line, on the newest page or another one.
    mutating func text(
        _ text: String, x: Double, y: Double, _ style: Style = .regular, size: Double = 9, _ colour: Colour = .ink,
        _ alignment: Alignment = .left, page: Int? = nil
    ) {
        let start = alignment == .left ? x : x - width(text, style, size)
        let codes = text.unicodeScalars.map { Self.hex(faces[style.rawValue].number($0)) }.joined()
        add(
            "BT \(Self.fill(colour)) /F\(style.rawValue) \(Self.number(size)) Tf \(Self.number(start)) "
                + "\(Self.number(Self.height - y)) Td <\(codes)> Tj ET\n", to: page)
    }

    mutating func line(from x: Double, to end: Double, y: Double, _ colour: Colour = .rule) {
        area(x: x, y: y, width: end - x, height: 0.6, colour)
    }

    mutating func area(x: Double, y: Double, width: Double, height: Double, _ colour: Colour) {
        add(
            "\(Self.fill(colour)) \(Self.number(x)) \(Self.number(Self.height - y - height)) \(Self.number(width)) "
                + "\(Self.number(height)) re f\n", to: nil)
    }

    private mutating func add(_ operators: String, to page: Int?) {
        let index = page ?? pages.count - 1
        if pages.indices.contains(index) { pages[index] += operators }
    }

    /// A text in lines that are not wider than this; a word that is wider is broken.
    func lines(_ text: String, width limit: Double, _ style: Style = .regular, size: Double = 9) -> [String] {
        var lines: [String] = []
        for paragraph in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            var line = ""
            for word in paragraph.split(separator: " ") {
                let longer = line.isEmpty ? String(word) : line + " " + word
                if width(longer, style, size) <= limit {
                    line = longer
                    continue
                }
                if !line.isEmpty { lines.append(line) }
                line = ""
                for character in word {
                    if !line.isEmpty, width(line + String(character), style, size) > limit {
                        lines.append(line)
                        line = ""
                    }
                    line.append(character)
                }
            }
            lines.append(line)
        }
        return lines
    }

    // MARK: The file

    /// The document's bytes.
    func bytes() -> [UInt8] {
        var file = PDFFile()
        let fonts = faces.enumerated().map { index, face in Self.write(face.font, face, name: index, into: &file) }
        let resources = fonts.enumerated().map { "/F\($0) \($1) 0 R" }.joined(separator: " ")
        let parent = file.count + 2 * pages.count + 1
        let kids = pages.map { page in
            let content = file.add(stream: Array(page.utf8))
            return file.add(
                "<< /Type /Page /Parent \(parent) 0 R /MediaBox [0 0 \(Self.number(Self.width)) "
                    + "\(Self.number(Self.height))] /Contents \(content) 0 R "
                    + "/Resources << /Font << \(resources) >> >> >>")
        }
        let list = kids.map { "\($0) 0 R" }.joined(separator: " ")
        let tree = file.add("<< /Type /Pages /Count \(kids.count) /Kids [\(list)] >>")
        let catalog = file.add(
            "<< /Type /Catalog /Pages \(tree) 0 R /Lang (en) /ViewerPreferences << /DisplayDocTitle true >> >>")
        let info = file.add(
            "<< /Title \(Self.string(title)) /Producer (RaptorFlow) /CreationDate (\(Self.date(now))) >>")
        return file.finish(catalog: catalog, info: info)
    }

    private static func write(_ font: TrueTypeFont, _ face: Face, name: Int, into file: inout PDFFile) -> Int {
        let program = font.subset(face.order)
        let stream = file.add(stream: program, "/Length1 \(program.count)")
        func scaled(_ units: Int) -> Int { units * 1000 / font.unitsPerEm }
        let base = "RFLOW\(name == 0 ? "A" : "B")+NotoSans-\(name == 0 ? "Regular" : "Bold")"
        let box = font.box.map { "\(scaled($0))" }.joined(separator: " ")
        let descriptor = file.add(
            "<< /Type /FontDescriptor /FontName /\(base) /Flags 4 /FontBBox [\(box)] /ItalicAngle 0 "
                + "/Ascent \(scaled(font.ascent)) /Descent \(scaled(font.descent)) /CapHeight 714 "
                + "/StemV \(name == 0 ? 80 : 140) /FontFile2 \(stream) 0 R >>")
        let widths = face.order.map { "\(scaled(font.advance($0)))" }.joined(separator: " ")
        let descendant = file.add(
            "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /\(base) /CIDSystemInfo << /Registry (Adobe) "
                + "/Ordering (Identity) /Supplement 0 >> /FontDescriptor \(descriptor) 0 R /CIDToGIDMap /Identity "
                + "/DW 600 /W [0 [\(widths)]] >>")
        let map = file.add(stream: Array(toUnicode(face).utf8))
        return file.add(
            "<< /Type /Font /Subtype /Type0 /BaseFont /\(base) /Encoding /Identity-H "
                + "/DescendantFonts [\(descendant) 0 R] /ToUnicode \(map) 0 R >>")
    }

    /// What the glyphs stand for, so that text can be searched and copied.
    private static func toUnicode(_ face: Face) -> String {
        let entries = face.numbers.filter { $0.value != 0 && $0.key.value <= 0xFFFF }
            .sorted { ($0.value, $0.key.value) < ($1.value, $1.key.value) }
        var text =
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CIDSystemInfo << /Registry (Adobe) "
            + "/Ordering (UCS) /Supplement 0 >> def /CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"
            + "1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
        for start in stride(from: 0, to: entries.count, by: 100) {
            let part = entries[start..<min(start + 100, entries.count)]
            let lines = part.map { "<\(hex($0.value))> <\(hex(Int($0.key.value)))>\n" }.joined()
            text += "\(part.count) beginbfchar\n\(lines)endbfchar\n"
        }
        return text + "endcmap CMapName currentdict /CMap defineresource pop end end"
    }

    private static func fill(_ it: Colour) -> String { "\(number(it.red)) \(number(it.green)) \(number(it.blue)) rg" }

    /// Two decimals; places on a page and shares of light are all it is for.
    private static func number(_ value: Double) -> String {
        let hundredths = Int(exactly: (value * 100).rounded()) ?? 0
        let rest = hundredths.magnitude % 100
        return "\(hundredths < 0 ? "-" : "")\(hundredths.magnitude / 100).\(rest < 10 ? "0" : "")\(rest)"
    }

    private static func hex(_ value: Int) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// A text string in UTF-16, where no character can end it.
    private static func string(_ text: String) -> String {
        "<FEFF" + text.utf16.map { hex(Int($0)) }.joined() + ">"
    }

    /// `D:20261128185443Z`.
    private static func date(_ instant: Timestamp) -> String {
        "D:" + instant.description.prefix(19).filter(\.isNumber) + "Z"
    }
}

/// Numbered objects and the table of where they are.
private struct PDFFile {
    private var bytes = Array("%PDF-1.7\n%".utf8) + [0xE2, 0xE3, 0xCF, 0xD3, 0x0A]
    private var places: [Int] = []

    var count: Int { places.count }

    mutating func add(_ object: String) -> Int { add([Array(object.utf8)]) }

    mutating func add(stream: [UInt8], _ entries: String = "") -> Int {
        add([Array("<< /Length \(stream.count) \(entries) >>\nstream\n".utf8), stream, Array("\nendstream".utf8)])
    }

    private mutating func add(_ parts: [[UInt8]]) -> Int {
        places.append(bytes.count)
        bytes += Array("\(places.count) 0 obj\n".utf8)
        for part in parts { bytes += part }
        bytes += Array("\nendobj\n".utf8)
        return places.count
    }

    func finish(catalog: Int, info: Int) -> [UInt8] {
        let entries = places.map { place in
            let digits = String(place)
            return String(repeating: "0", count: max(0, 10 - digits.count)) + digits + " 00000 n \n"
        }
        let table =
            "xref\n0 \(places.count + 1)\n0000000000 65535 f \n\(entries.joined())trailer\n"
            + "<< /Size \(places.count + 1) "
            + "/Root \(catalog) 0 R /Info \(info) 0 R >>\n"
            + "startxref\n\(bytes.count)\n%%EOF\n"
        return bytes + Array(table.utf8)
    }
}
