// An invoice on A4: who, what, how much, and where to pay.
import Core
import Storage
import Web

/// Everything that stands on an invoice.
struct InvoiceSheet: Sendable {
    let invoice: Invoice
    let lines: [InvoiceLine]
    let taxes: [TaxLine]
    let notes: [CreditNote]
    /// Where it can be read and paid.
    let address: String

    /// `Tax invoice` where tax is charged.
    var kind: String {
        invoice.state == .draft ? "Draft" : invoice.tax.amount != 0 ? "Tax invoice" : "Invoice"
    }

    /// What the state is called, and whether that is good news.
    var state: (words: String, isGood: Bool?) {
        switch invoice.state {
        case .draft: ("Not an invoice yet", nil)
        case .open: ("To be paid by \(day(invoice.dueAt))", nil)
        case .paid: ("Paid on \(day(invoice.paidAt ?? invoice.issuedAt))", true)
        case .void: ("Void", false)
        case .uncollectible: ("Written off", false)
        }
    }

    /// A day as it is where the seller is: the one that the number's fiscal year goes by.
    func day(_ instant: Timestamp) -> String {
        let date = CivilDate(invoice.seller.country == "IN" ? instant.adding(.minutes(330)) : instant)
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return "\(date.day) \(months[(date.month - 1) % 12]) \(date.year)"
    }

    /// What a line is for, as its first and its last day.
    func period(_ line: InvoiceLine) -> String? {
        guard let start = line.periodStart, let end = line.periodEnd else { return nil }
        return "\(day(start)) to \(day(end.adding(Milliseconds(-1))))"
    }

    /// The sums below the lines; the last is what is left to pay.
    var sums: [(words: String, amount: Money)] {
        let it = invoice
        func negative(_ money: Money) -> Money { Money(stored: -money.amount, money.currency) }
        var sums: [(String, Money)] = []
        if it.discount.amount > 0 { sums.append(("Discount", negative(it.discount))) }
        sums.append(("Without tax", it.subtotal))
        sums += taxes.map { tax in
            let words = "\(tax.name) \(Billing.percent(tax.rate))"
            return (tax.isInclusive ? words + ", in the prices" : words, tax.amount)
        }
        sums.append(("Total", it.total))
        let credited = notes.reduce(Int64(0)) { $0 + $1.toInvoice }
        if credited > 0 { sums.append(("Credit notes", Money(stored: -credited, it.total.currency))) }
        if it.creditApplied.amount > 0 { sums.append(("From your balance", negative(it.creditApplied))) }
        if it.creditApplied.amount < 0 {
            let words = it.amountDue.amount > 0 ? "Carried from before" : "Onto your balance"
            sums.append((words, negative(it.creditApplied)))
        }
        if it.state == .open { sums.append(("To pay", it.amountDue)) }
        return sums
    }
}

extension Billing {
    /// An invoice with all that belongs to it, in the scope of its customer.
    func sheet(of id: InvoiceID, in tx: any Transaction) throws -> InvoiceSheet {
        let invoice = try invoice(id, in: tx)
        return InvoiceSheet(
            invoice: invoice, lines: try InvoiceStore.lines(of: id, in: tx),
            taxes: try InvoiceStore.taxes(of: id, in: tx), notes: try InvoiceStore.creditNotes(of: id, in: tx),
            address: settings.publicURL + Self.publicPath(invoice))
    }

    /// An invoice as PDF, in the scope of its customer.
    func pdf(of id: InvoiceID, in tx: any Transaction) throws -> Response {
        let sheet = try sheet(of: id, in: tx)
        let fonts = ["Regular", "Bold"].compactMap { Resources().bytes("fonts/NotoSans-\($0).ttf") }
        guard var document = PDFDocument(title: "\(sheet.kind) \(sheet.invoice.number)", fonts: fonts, at: tx.now)
        else { throw Problem("internal_error", status: 500, "Something went wrong on our side.") }
        InvoicePDF(sheet: sheet).draw(on: &document)
        let name = sheet.invoice.title.replacing("/", with: "-")
        return Response(
            status: 200,
            headers: [
                ("Content-Type", "application/pdf"), ("Content-Disposition", "inline; filename=\"\(name).pdf\""),
                ("Cache-Control", "private, no-store"),
            ], body: document.bytes())
    }
}

/// Where things stand on the page.
private struct InvoicePDF {
    let sheet: InvoiceSheet

    private static let left = 48.0
    private static let right = PDFDocument.width - 48
    private static let bottom = PDFDocument.height - 64

    func draw(on document: inout PDFDocument) {
        var y = head(on: &document)
        y = parties(on: &document, from: y + 34)
        y = table(on: &document, from: y + 26)
        y = sums(on: &document, from: y + 10)
        foot(on: &document, from: y + 28)
        numberPages(of: &document)
    }

    private func head(on document: inout PDFDocument) -> Double {
        let it = sheet.invoice
        document.area(x: 0, y: 0, width: PDFDocument.width, height: 6, .accent)
        var y = 60.0
        for line in document.lines(it.seller.name, width: 280, .bold, size: 17) {
            document.text(line, x: Self.left, y: y, .bold, size: 17)
            y += 21
        }
        document.text(sheet.kind, x: Self.right, y: 60, .bold, size: 17, .ink, .right)
        document.text(it.title, x: Self.right, y: 78, size: 10, .muted, .right)
        let state = sheet.state
        let colour: PDFDocument.Colour = state.isGood.map { $0 ? .good : .bad } ?? .accent
        document.text(state.words, x: Self.right, y: 94, .bold, size: 10, colour, .right)
        return max(y, 94)
    }

    private func parties(on document: inout PDFDocument, from top: Double) -> Double {
        let it = sheet.invoice
        let columns: [(String, [(String, Bool)])] = [
            ("From", words(it.seller)), ("To", words(it.customer)),
            (
                "Details",
                [
                    ("Date: \(sheet.day(it.issuedAt))", false), ("Due: \(sheet.day(it.dueAt))", false),
                    ("Place of supply: \(it.placeOfSupply)", false), ("Currency: \(it.total.currency)", false),
                ]
            ),
        ]
        var lowest = top
        for (index, column) in columns.enumerated() {
            let x = Self.left + Double(index) * 172
            document.text(column.0, x: x, y: top, size: 8, .muted)
            var y = top + 15
            for (words, isBold) in column.1 {
                for line in document.lines(words, width: 156, isBold ? .bold : .regular, size: 9) {
                    document.text(line, x: x, y: y, isBold ? .bold : .regular, size: 9)
                    y += 13
                }
            }
            lowest = max(lowest, y)
        }
        return lowest
    }

    private func words(_ it: Party) -> [(String, Bool)] {
        var words = [(it.name, true)]
        if !it.address.isEmpty { words.append((it.address, false)) }
        if !it.gstin.isEmpty { words.append(("GSTIN \(it.gstin)", false)) }
        if !it.taxID.isEmpty { words.append(("Tax number \(it.taxID)", false)) }
        if it.country == "IN", let state = GST.states.first(where: { $0.code == it.state }) {
            words.append(("State: \(state.name) (\(state.code))", false))
        }
        return words
    }

    // The right edges of the columns with numbers, and the left one of the codes.
    private static let code = 296.0
    private static let quantity = 392.0
    private static let price = 468.0

    private func tableHead(on document: inout PDFDocument, at y: Double) {
        document.area(
            x: Self.left - 8, y: y - 13, width: Self.right - Self.left + 16, height: 20, .wash)
        document.text("Description", x: Self.left, y: y, .bold, size: 8, .muted)
        document.text("HSN/SAC", x: Self.code, y: y, .bold, size: 8, .muted)
        document.text("Quantity", x: Self.quantity, y: y, .bold, size: 8, .muted, .right)
        document.text("Price", x: Self.price, y: y, .bold, size: 8, .muted, .right)
        document.text("Amount", x: Self.right, y: y, .bold, size: 8, .muted, .right)
    }

    private func table(on document: inout PDFDocument, from top: Double) -> Double {
        tableHead(on: &document, at: top)
        var y = top + 22
        for line in sheet.lines {
            let words = document.lines(line.description, width: Self.code - Self.left - 16, .bold, size: 9)
            let period = sheet.period(line)
            let height = Double(words.count) * 13 + (period == nil ? 0 : 12) + 9
            if y + height > Self.bottom {
                document.beginPage()
                tableHead(on: &document, at: 64)
                y = 86
            }
            document.text(line.sac, x: Self.code, y: y, size: 9)
            document.text("\(line.quantity)", x: Self.quantity, y: y, size: 9, .ink, .right)
            document.text(line.unitPrice?.formatted ?? "", x: Self.price, y: y, size: 9, .ink, .right)
            document.text(line.amount.formatted, x: Self.right, y: y, size: 9, .ink, .right)
            for text in words {
                document.text(text, x: Self.left, y: y, .bold, size: 9)
                y += 13
            }
            if let period {
                document.text(period, x: Self.left, y: y, size: 8, .muted)
                y += 12
            }
            document.line(from: Self.left - 8, to: Self.right + 8, y: y - 5)
            y += 9
        }
        return y
    }

    private func sums(on document: inout PDFDocument, from top: Double) -> Double {
        let sums = sheet.sums
        var y = top
        if y + Double(sums.count) * 17 > Self.bottom {
            document.beginPage()
            y = 64
        }
        for (index, sum) in sums.enumerated() {
            let isLast = index == sums.count - 1
            let isStrong = isLast || sum.words == "Total"
            if isLast { document.line(from: 320, to: Self.right + 8, y: y - 11) }
            let style: PDFDocument.Style = isStrong ? .bold : .regular
            let size = isLast ? 12.0 : 9
            document.text(sum.words, x: 328, y: y + (isLast ? 4 : 0), style, size: size)
            document.text(
                sum.amount.formatted, x: Self.right, y: y + (isLast ? 4 : 0), style, size: size, .ink, .right)
            y += 17
        }
        return y
    }

    private func foot(on document: inout PDFDocument, from top: Double) {
        let it = sheet.invoice
        var words: [(String, PDFDocument.Colour)] = []
        if !it.taxNote.isEmpty { words.append((it.taxNote, .muted)) }
        if !it.memo.isEmpty { words.append((it.memo, .ink)) }
        words += sheet.notes.map {
            ("Credit note \($0.number) of \(sheet.day($0.issuedAt)): \($0.total.formatted). \($0.reason)", .muted)
        }
        if it.state == .open { words.append(("Pay online: \(sheet.address)", .accent)) }
        var y = top
        for (text, colour) in words {
            for line in document.lines(text, width: Self.right - Self.left, size: 9) {
                if y > Self.bottom {
                    document.beginPage()
                    y = 64
                }
                document.text(line, x: Self.left, y: y, size: 9, colour)
                y += 13
            }
            y += 4
        }
    }

    private func numberPages(of document: inout PDFDocument) {
        let count = document.pages.count
        for page in 0..<count {
            let y = PDFDocument.height - 34
            document.text(sheet.invoice.title, x: Self.left, y: y, size: 8, .muted, page: page)
            document.text(
                "Page \(page + 1) of \(count)", x: Self.right, y: y, size: 8, .muted, .right, page: page)
        }
    }
}
