// QR codes (ISO/IEC 18004) of short texts: byte mode, error correction level M, versions 1 to 16.
import Web

/// A QR code as a square of dark and light modules.
struct QRCode: Sendable {
    let size: Int
    private(set) var isDark: [Bool]
    private var isFixed: [Bool]

    private static let correctionPerBlock = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28]
    private static let blocks = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10]

    /// Nil when the text is longer than 450 bytes or so.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard let version = (1...16).first(where: { Self.room($0) >= bytes.count }) else { return nil }
        size = version * 4 + 17
        isDark = [Bool](repeating: false, count: size * size)
        isFixed = isDark
        drawFixed(version)
        place(Self.interleaved(Self.padded(bytes, version), version))
        chooseMask()
    }

    /// Whether a module is dark.
    subscript(x: Int, y: Int) -> Bool { isDark[y * size + x] }

    // How many modules are left for data, by version.
    private static func modules(_ version: Int) -> Int {
        var count = (16 * version + 128) * version + 64
        guard version >= 2 else { return count }
        let marks = version / 7 + 2
        count -= (25 * marks - 10) * marks - 55
        return version >= 7 ? count - 36 : count
    }

    private static func codewords(_ version: Int) -> Int {
        modules(version) / 8 - correctionPerBlock[version - 1] * blocks[version - 1]
    }

    private static func room(_ version: Int) -> Int { codewords(version) - (version < 10 ? 2 : 3) }

    private static func padded(_ bytes: [UInt8], _ version: Int) -> [UInt8] {
        var bits: [Bool] = []
        func add(_ value: Int, _ count: Int) {
            for bit in (0..<count).reversed() { bits.append(value >> bit & 1 == 1) }
        }
        add(4, 4)
        add(bytes.count, version < 10 ? 8 : 16)
        for byte in bytes { add(Int(byte), 8) }
        add(0, 4)
        while !bits.count.isMultiple(of: 8) { bits.append(false) }
        var words = stride(from: 0, to: bits.count, by: 8).map { start in
            bits[start..<start + 8].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
        }
        var filler: UInt8 = 0xEC
        while words.count < codewords(version) {
            words.append(filler)
            filler ^= 0xEC ^ 0x11
        }
        return Array(words.prefix(codewords(version)))
    }

    // Splits the data into blocks, adds to each its correction, and takes from all in turn.
    private static func interleaved(_ data: [UInt8], _ version: Int) -> [UInt8] {
        let count = blocks[version - 1]
        let correction = correctionPerBlock[version - 1]
        let short = data.count / count
        let longFrom = count - data.count % count
        let divisor = ReedSolomon.divisor(correction)
        var parts: [(data: [UInt8], correction: [UInt8])] = []
        var start = 0
        for block in 0..<count {
            let part = Array(data[start..<start + short + (block >= longFrom ? 1 : 0)])
            start += part.count
            parts.append((part, ReedSolomon.remainder(part, divisor)))
        }
        let first = (0...short).flatMap { index in parts.compactMap { index < $0.data.count ? $0.data[index] : nil } }
        return first + (0..<correction).flatMap { index in parts.map { $0.correction[index] } }
    }

    private mutating func set(_ x: Int, _ y: Int, _ dark: Bool) {
        isDark[y * size + x] = dark
        isFixed[y * size + x] = true
    }

    private mutating func drawFixed(_ version: Int) {
        for index in 0..<size {
            set(6, index, index.isMultiple(of: 2))
            set(index, 6, index.isMultiple(of: 2))
        }
        for (x, y) in [(3, 3), (size - 4, 3), (3, size - 4)] { drawFinder(x, y) }
        let marks = Self.marks(version, size)
        for (i, x) in marks.enumerated() {
            for (j, y) in marks.enumerated() {
                let last = marks.count - 1
                if (i == 0 && j == 0) || (i == 0 && j == last) || (i == last && j == 0) { continue }
                for dy in -2...2 { for dx in -2...2 { set(x + dx, y + dy, max(abs(dx), abs(dy)) != 1) } }
            }
        }
        drawFormat(0)
        guard version >= 7 else { return }
        var rest = version
        for _ in 0..<12 { rest = rest << 1 ^ (rest >> 11) * 0x1F25 }
        let bits = version << 12 | rest
        for index in 0..<18 {
            let dark = bits >> index & 1 == 1
            set(size - 11 + index % 3, index / 3, dark)
            set(index / 3, size - 11 + index % 3, dark)
        }
    }

    private static func marks(_ version: Int, _ size: Int) -> [Int] {
        guard version > 1 else { return [] }
        let count = version / 7 + 2
        let step = (version * 8 + count * 3 + 5) / (count * 4 - 4) * 2
        return [6] + (0..<count - 1).reversed().map { size - 7 - $0 * step }
    }

    private mutating func drawFinder(_ x: Int, _ y: Int) {
        for dy in -4...4 {
            for dx in -4...4 where (0..<size).contains(x + dx) && (0..<size).contains(y + dy) {
                let distance = max(abs(dx), abs(dy))
                set(x + dx, y + dy, distance != 2 && distance != 4)
            }
        }
    }

    private mutating func drawFormat(_ mask: Int) {
        var rest = mask  // Level M is 00.
        for _ in 0..<10 { rest = rest << 1 ^ (rest >> 9) * 0x537 }
        let bits = (mask << 10 | rest) ^ 0x5412
        func dark(_ index: Int) -> Bool { bits >> index & 1 == 1 }
        for index in 0...5 { set(8, index, dark(index)) }
        set(8, 7, dark(6))
        set(8, 8, dark(7))
        set(7, 8, dark(8))
        for index in 9..<15 { set(14 - index, 8, dark(index)) }
        for index in 0..<8 { set(size - 1 - index, 8, dark(index)) }
        for index in 8..<15 { set(8, size - 15 + index, dark(index)) }
        set(8, size - 8, true)
    }

    // Two columns at a time from the right, up and down in turn, around what is fixed.
    private mutating func place(_ words: [UInt8]) {
        var index = 0
        var right = size - 1
        while right >= 1 {
            if right == 6 { right = 5 }
            for vertical in 0..<size {
                for x in [right, right - 1] {
                    let y = (right + 1) & 2 == 0 ? size - 1 - vertical : vertical
                    guard !isFixed[y * size + x], index < words.count * 8 else { continue }
                    isDark[y * size + x] = words[index / 8] >> (7 - index % 8) & 1 == 1
                    index += 1
                }
            }
            right -= 2
        }
    }

    private mutating func apply(_ mask: Int) {
        for y in 0..<size {
            for x in 0..<size where !isFixed[y * size + x] && Self.flips(mask, x, y) { isDark[y * size + x].toggle() }
        }
    }

    private static func flips(_ mask: Int, _ x: Int, _ y: Int) -> Bool {
        switch mask {
        case 0: (x + y) % 2 == 0
        case 1: y % 2 == 0
        case 2: x % 3 == 0
        case 3: (x + y) % 3 == 0
        case 4: (x / 3 + y / 2) % 2 == 0
        case 5: x * y % 2 + x * y % 3 == 0
        case 6: (x * y % 2 + x * y % 3) % 2 == 0
        default: ((x + y) % 2 + x * y % 3) % 2 == 0
        }
    }

    // Any mask is valid; the one whose picture is the most even is the easiest to scan.
    private mutating func chooseMask() {
        var best = (mask: 0, penalty: Int.max)
        for mask in 0..<8 {
            apply(mask)
            drawFormat(mask)
            let penalty = penalty
            if penalty < best.penalty { best = (mask, penalty) }
            apply(mask)
        }
        apply(best.mask)
        drawFormat(best.mask)
    }

    /// Long runs, blocks of four, and a share of dark far from a half.
    private var penalty: Int {
        var result = 0
        for a in 0..<size {
            var (row, column) = (1, 1)
            for b in 1..<size {
                row = self[b, a] == self[b - 1, a] ? row + 1 : 1
                column = self[a, b] == self[a, b - 1] ? column + 1 : 1
                result += (row == 5 ? 3 : row > 5 ? 1 : 0) + (column == 5 ? 3 : column > 5 ? 1 : 0)
                if a > 0, self[b, a] == self[b - 1, a], self[b, a] == self[b, a - 1], self[b, a] == self[b - 1, a - 1] {
                    result += 3
                }
            }
        }
        let dark = isDark.count { $0 }
        return result + abs(dark * 20 - isDark.count * 10) / isDark.count * 10
    }

    /// The code in black on white, whatever the page's colours are, with the quiet zone that scanners need.
    func image(label: String) -> HTML {
        let side = size + 8
        let runs = (0..<size).flatMap { y in
            (0..<size).filter { self[$0, y] && ($0 == 0 || !self[$0 - 1, y]) }.map { x in
                "M\(x + 4) \(y + 4)h\((x..<size).prefix { self[$0, y] }.count)v1H\(x + 4)z"
            }
        }
        return """
            <svg class="qr" role="img" aria-label="\(label)" viewBox="0 0 \(side) \(side)" width="232" height="232" \
            shape-rendering="crispEdges"><rect width="\(side)" height="\(side)" fill="#fff"/>\
            <path fill="#000" d="\(runs.joined())"/></svg>
            """
    }
}

/// Reed–Solomon correction over GF(256) with the polynomial 0x11D.
private enum ReedSolomon {
    static func divisor(_ degree: Int) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: degree - 1) + [1]
        var root: UInt8 = 1
        for _ in 0..<degree {
            for index in result.indices {
                result[index] = product(result[index], root) ^ (index + 1 < degree ? result[index + 1] : 0)
            }
            root = product(root, 2)
        }
        return result
    }

    static func remainder(_ data: [UInt8], _ divisor: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: divisor.count)
        for byte in data {
            let factor = byte ^ result.removeFirst()
            result.append(0)
            for index in result.indices { result[index] ^= product(divisor[index], factor) }
        }
        return result
    }

    private static func product(_ left: UInt8, _ right: UInt8) -> UInt8 {
        (0..<8).reversed().reduce(UInt8(0)) { result, bit in
            let doubled = result << 1 ^ (result >> 7) &* 0x1D
            return right >> bit & 1 == 1 ? doubled ^ left : doubled
        }
    }
}
