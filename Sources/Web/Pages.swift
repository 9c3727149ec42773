// How features declare the console's pages and forms.
package import Core
package import Storage

/// What a page shows; the shell around it (navigation, organisation switcher, flash) is put on by the console.
package struct PageView: Sendable {
    package let title: String
    package let body: HTML
    /// Which entry of the navigation is lit, such as `members`.
    package var section: String
    /// Small pages without navigation: sign-in, set-up, checkout.
    package var isPlain: Bool

    package init(_ title: String, section: String = "", isPlain: Bool = false, _ body: HTML) {
        self.title = title
        self.section = section
        self.isPlain = isPlain
        self.body = body
    }
}

/// What was typed into a form and what was wrong with it.
package struct FormState: Sendable {
    package var values: [String: String] = [:]
    package var problems: [FieldProblem] = []
    /// A refusal that concerns no single field.
    package var message: String?

    package init() {}

    /// What the field shows: what was typed, else a default.
    package func value(_ name: String, default fallback: String = "") -> String { values[name] ?? fallback }

    /// What is wrong with a field, in words.
    package func problem(_ name: String) -> String? { problems.first { $0.pointer == "/" + name }?.detail }
}

/// The fields of a submitted form.
package struct Form: Sendable {
    package let values: [String: String]

    package init(_ values: [String: String]) { self.values = values }

    /// A field without surrounding blanks; empty when it was not sent.
    package subscript(_ name: String) -> String {
        let bytes = (values[name] ?? "").unicodeScalars
        let trimmed = bytes.drop(while: { $0.properties.isWhitespace }).reversed()
            .drop(while: { $0.properties.isWhitespace }).reversed()
        return String(String.UnicodeScalarView(trimmed))
    }

    /// A field exactly as typed: passwords.
    package func exact(_ name: String) -> String { values[name] ?? "" }
}

/// Puts the console around a page; given by the module that knows organisations.
package typealias Shell = @Sendable (PageView, Call<NoBody>, any Transaction) throws -> HTML

/// The pages of the console, collected from the features.
///
/// A page's handler runs in one read transaction, a submission in one write transaction, scoped as in `Routes`. When a
/// submission refuses, the form is shown again with what was typed and what was wrong.
package struct Pages {
    package private(set) var endpoints: [Endpoint] = []
    private let shell: Shell

    package init(shell: @escaping Shell) { self.shell = shell }

    /// A page.
    package mutating func page(
        _ path: String, _ name: String, allow: Access, query: [QueryParameter] = [],
        _ show: @escaping @Sendable (Call<NoBody>, any Transaction) throws -> PageView
    ) {
        let shell = shell
        add(
            "GET", path, name, allow, query: query,
            .read { call, tx in
                let call = call.with(NoBody())
                return .html(try shell(try show(call, tx), call, tx))
            })
    }

    /// A page that may take long to read, such as a report: it runs beside the requests.
    package mutating func pageAtLength(
        _ path: String, _ name: String, allow: Access, query: [QueryParameter] = [], on database: any Database,
        _ show: @escaping @Sendable (Call<NoBody>, any Transaction) throws -> PageView
    ) {
        let shell = shell
        add(
            "GET", path, name, allow, query: query, cost: 20,
            .act { call in
                let call = call.with(NoBody())
                let scope: Scope = call.role == nil ? .instance : .organization(try call.organization())
                return try await database.readAtLength(in: scope) { tx in
                    .html(try shell(try show(call, tx), call, tx))
                }
            })
    }

    /// A page with a form: GET shows it, POST submits it.
    package mutating func form(
        _ path: String, _ name: String, allow: Access,
        show: @escaping @Sendable (Call<NoBody>, FormState, any Transaction) throws -> PageView,
        submit: @escaping @Sendable (Call<Form>, any Transaction) throws -> Response
    ) {
        page(path, name, allow: allow) { call, tx in try show(call, FormState(), tx) }
        add(
            "POST", path, name, allow, recover: recovery(show),
            .write { call in
                let call = call.with(Form(call.body.form))
                return { tx in
                    let response = try submit(call, tx)
                    return { response }
                }
            })
    }

    /// A page with a form whose submission waits for something else: hashing, a payment provider.
    package mutating func formAct(
        _ path: String, _ name: String, allow: Access,
        show: @escaping @Sendable (Call<NoBody>, FormState, any Transaction) throws -> PageView,
        submit: @escaping @Sendable (Call<Form>) async throws -> Response
    ) {
        page(path, name, allow: allow) { call, tx in try show(call, FormState(), tx) }
        add(
            "POST", path, name, allow, recover: recovery(show),
            .act { call in
                try await submit(call.with(Form(call.body.form)))
            })
    }

    /// A button: a POST without a page of its own; a refusal is shown as a page that leads back.
    package mutating func action(
        _ path: String, _ name: String, allow: Access, endsImpersonation: Bool = false,
        _ submit: @escaping @Sendable (Call<Form>, any Transaction) throws -> Response
    ) {
        add(
            "POST", path, name, allow, endsImpersonation: endsImpersonation,
            .write { call in
                let call = call.with(Form(call.body.form))
                return { tx in
                    let response = try submit(call, tx)
                    return { response }
                }
            })
    }

    /// A button whose work waits for something else.
    ///
    /// `acceptsCrossSite` lets a browser send it from another site: only where a signature authenticates it.
    package mutating func actionAct(
        _ path: String, _ name: String, allow: Access, acceptsCrossSite: Bool = false, cost: Int = 1,
        _ submit: @escaping @Sendable (Call<Form>) async throws -> Response
    ) {
        add(
            "POST", path, name, allow, cost: cost, acceptsCrossSite: acceptsCrossSite,
            .act { call in try await submit(call.with(Form(call.body.form))) })
    }

    /// A way out to another site and back: a button leaves, and the other site sends the browser back with a GET to the
    /// same path and `/callback`. What comes back is authenticated by what the browser kept, not by where it is from.
    ///
    /// `refused` shows why either of them came to nothing.
    package mutating func journey(
        _ path: String, _ name: String, allow: Access, answers query: [QueryParameter],
        leave: @escaping @Sendable (Call<Form>) async throws -> Response,
        arrive: @escaping @Sendable (Call<NoBody>) async throws -> Response,
        refused: @escaping @Sendable (Problem, Call<NoBody>) -> PageView
    ) {
        let shell = shell
        let recover: Endpoint.Recovery = { problem, call, tx in
            let call = call.with(NoBody())
            return .html(try shell(refused(problem, call), call, tx), status: problem.status)
        }
        add(
            "POST", path, name, allow, recover: recover,
            .act { call in try await leave(call.with(Form(call.body.form))) })
        add(
            "GET", path + "/callback", name + "Callback", allow, query: query, recover: recover,
            .act { call in try await arrive(call.with(NoBody())) })
    }

    private func recovery(
        _ show: @escaping @Sendable (Call<NoBody>, FormState, any Transaction) throws -> PageView
    ) -> Endpoint.Recovery {
        let shell = shell
        return { problem, call, tx in
            var state = FormState()
            state.values = call.body.form.filter { !$0.key.contains("password") }
            state.problems = problem.fields
            state.message = problem.fields.isEmpty ? problem.detail : nil
            let call = call.with(NoBody())
            return .html(try shell(try show(call, state, tx), call, tx), status: problem.status)
        }
    }

    private mutating func add(
        _ method: String, _ path: String, _ name: String, _ allow: Access, query: [QueryParameter] = [],
        recover: Endpoint.Recovery? = nil, cost: Int = 1, acceptsCrossSite: Bool = false,
        endsImpersonation: Bool = false, _ work: Endpoint.Work
    ) {
        var endpoint = Endpoint(
            method: method, path: path, id: name, summary: name, tag: "console", access: allow, query: query,
            body: method == "POST" ? .form(limit: 65_536) : nil, output: .page, cost: cost,
            acceptsCrossSite: acceptsCrossSite, work: work, recover: recover)
        endpoint.endsImpersonation = endsImpersonation
        endpoints.append(endpoint)
    }
}
