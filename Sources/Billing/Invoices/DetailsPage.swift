// The form for what stands on an organisation's invoices.
import Core
import Storage
import Web

extension Billing {
    func addDetailsPage(to pages: inout Pages) {
        pages.form(
            "/orgs/{org}/billing/details", "billing details", allow: .member(.billingManage),
            show: { call, state, tx in
                try detailsPage(call, state, in: tx)
            },
            submit: { call, tx in
                let form = call.body
                guard (1...100).contains(form["name"].count) else {
                    throw Problem.invalid([FieldProblem("/name", "length", "Write the name that invoices show.")])
                }
                guard form["address"].count <= 300,
                    form["state"].isEmpty
                        || GST.states.contains(where: {
                            $0.code == form["state"]
                        })
                else {
                    throw Problem.invalid([FieldProblem("/address", "length", "Write at most 300 characters.")])
                }
                let details = NewBillingDetails(
                    name: form["name"], address: form["address"],
                    country: form["country"].isEmpty ? "IN" : form["country"], state: form["state"],
                    gstin: form["gstin"], taxID: form["tax_id"])
                _ = try setDetails(details, in: tx)
                return .redirect(
                    to: "/orgs/\(try call.organization())/billing", flash: "The next invoices will say so.")
            })
    }

    private func detailsPage(_ call: Call<NoBody>, _ state: FormState, in tx: any Transaction) throws -> PageView {
        let base = "/orgs/\(try tx.organization())/billing"
        let now = try billingDetails(in: tx)
        let states = [Choice("", "Not in India, or not known")] + GST.states.map { Choice($0.code, $0.name) }
        let form = HTML.form(
            action: "\(base)/details", submit: "Save", state: state, cancel: base,
            """
            \(HTML.textField("name", label: "Name on invoices", state: state, default: now.name))\
            \(HTML.textArea("address", label: "Address", state: state, default: now.address))\
            \(HTML.textField("country", label: "Country", state: state, default: now.country,
                hint: "Two capital letters, such as IN."))\
            \(HTML.select("state", label: "State", options: states, state: state, default: now.state,
                hint: "Decides between CGST with SGST, and IGST."))\
            \(HTML.textField("gstin", label: "GSTIN", state: state, default: now.gstin,
                hint: "15 letters and digits, if you are registered for GST.", required: false))\
            \(HTML.textField("tax_id", label: "Tax number elsewhere", state: state, default: now.taxID,
                hint: "A VAT number or the like, if you are registered in another country.", required: false))
            """)
        return PageView(
            "On your invoices", section: "billing", crumbs: [Link("Billing", base)],
            lead: "Invoices that are finalised keep what they say.", form)
    }
}
