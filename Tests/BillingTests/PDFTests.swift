// The PDF of an invoice, read by other people's programs.
import Core
import Foundation
import Storage
import TestSupport
import Testing
import Web

@testable import Billing

@Suite struct PDFTests {
    private func write(_ bytes: [UInt8]) throws -> String {
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).pdf").path()
        try Data(bytes).write(to: URL(filePath: path))
        return path
    }

    private func tool(_ name: String, _ arguments: [String]) throws -> Command {
        try Command.run(name, arguments)
    }

    private func pdf(_ shop: Shop, lines: [DraftLine], memo: String = "") async throws -> [UInt8] {
        let billing = shop.billing
        var draft = InvoiceDraft(.inr, lines)
        draft.memo = memo
        let stored = draft
        let invoice = try await shop.write { try billing.finalise(stored, in: $0) }
        return try shop.read { try billing.pdf(of: invoice.id, in: $0) }.body
    }

    @Test func `another program finds rupees, names and numbers as they were meant`() async throws {
        let shop = try await Shop()
        _ = try await shop.write { tx in
            try SubscriptionStore.save(
                Party(
                    name: "Łódź Čajovňa s.r.o.", address: "12 Brigade Road\nBengaluru 560001", state: "29",
                    gstin: "29AAGCB7383J1Z4"), in: tx)
        }
        let line = try #require(DraftLine("Hours of help (Ελλάδα, Москва)", quantity: 3, at: 3333))
        let credit = DraftLine("Credit", amount: -1234)
        let path = try write(try await pdf(shop, lines: [line, credit], memo: "Thank you."))
        let text = try tool("pdftotext", ["-layout", path, "-"])
        #expect(text.status == 0)
        for words in [
            "Tax invoice", "INV/2627/000001", "Łódź Čajovňa s.r.o.", "GSTIN 29AAGCB7383J1Z4", "Ελλάδα, Москва",
            "₹33.33",
            "₹99.99", "CGST 9 %", "₹7.89", "₹103.43", "−₹12.34", "998434", "Karnataka (29)", "Thank you.",
            "Page 1 of 1",
        ] {
            #expect(text.output.contains(words), "\(words)")
        }
        let check = try tool("qpdf", ["--check", path])
        #expect(check.status == 0, "\(check.output)")
        let info = try tool("pdfinfo", [path])
        #expect(info.output.contains("PDF version:     1.7"))
        #expect(info.output.contains("Tax invoice INV/2627/000001"))
        let fonts = try tool("pdffonts", [path])
        #expect(fonts.output.contains("NotoSans-Regular") && fonts.output.contains("yes yes yes"), "\(fonts.output)")
    }

    @Test func `hundreds of lines go over as many pages as they need, and none is lost`() async throws {
        let shop = try await Shop()
        let lines = (1...300).map { DraftLine("Line number \($0) of a long invoice that needs words", amount: $0) }
        let path = try write(try await pdf(shop, lines: lines))
        let text = try tool("pdftotext", ["-layout", path, "-"]).output
        #expect((1...300).allSatisfy { text.contains("Line number \($0) of") })
        #expect(try tool("qpdf", ["--check", path]).status == 0)
        #expect(!text.contains("Page 1 of 1\n"))
    }

    @Test func `a word that is wider than its column is broken, not lost`() throws {
        let fonts = ["Regular", "Bold"].compactMap { Resources().bytes("fonts/NotoSans-\($0).ttf") }
        let document = try #require(PDFDocument(title: "T", fonts: fonts, at: Shop.start))
        let word = String(repeating: "W", count: 100)
        let lines = document.lines("a \(word) b", width: 100)
        #expect(lines.joined().filter { $0 == "W" }.count == 100)
        #expect(lines.allSatisfy { document.width($0, .regular, 9) <= 100 })
    }

    @Test func `bytes that are no font are no font`() {
        #expect(TrueTypeFont([]) == nil)
        #expect(TrueTypeFont(Array(repeating: 255, count: 4096)) == nil)
    }
}
