// Messages about money, to the owners of the organisation.
//
// Web is not imported here: its `Message` is the one of the next page, not a mail.
import Core
import Mail
import Storage

/// What a message tells.
enum BillingMail {
    case invoice(Invoice)
    case paymentReceived(Invoice, Payment)
    case paymentFailed(Invoice, String?)
    case reminder(Invoice)
    /// Only reading works, because the invoice is not paid.
    case limited(Invoice)
    /// The plan ended, because the invoice was not paid.
    case cancelledUnpaid(Invoice)
}

extension Billing {
    /// Puts the message into the outbox for every owner, in the transaction of what it tells of.
    func mail(_ it: BillingMail, in tx: any Transaction) throws {
        let (subject, text) = it.words(link: settings.publicURL + Self.publicPath(it.invoice))
        for owner in try SubscriptionStore.owners(in: tx) {
            try Mail.send(Message(to: owner, subject: subject, text: text), in: tx)
        }
    }
}

extension BillingMail {
    fileprivate var invoice: Invoice {
        switch self {
        case .invoice(let it), .paymentReceived(let it, _), .paymentFailed(let it, _), .reminder(let it),
            .limited(let it),
            .cancelledUnpaid(let it):
            it
        }
    }

    /// The link needs no account, so that whoever pays the bills can be sent it.
    fileprivate func words(link: String) -> (subject: String, text: String) {
        switch self {
        case .invoice(let it) where it.state == .paid:
            (
                "Invoice \(it.number): nothing to pay",
                """
                Invoice \(it.number) over \(it.total.formatted) is ready. There is nothing to pay for it.

                See it here: \(link)
                """
            )
        case .invoice(let it):
            (
                "Invoice \(it.number): \(it.amountDue.formatted)",
                """
                Invoice \(it.number) over \(it.amountDue.formatted) is ready. It is due on \(CivilDate(it.dueAt)).

                See and pay it here: \(link)
                """
            )
        case .paymentReceived(let it, let payment):
            (
                "Payment received: \(payment.amount.formatted)",
                """
                We received \(payment.amount.formatted) for invoice \(it.number). Thank you.

                The invoice, marked paid: \(link)
                """
            )
        case .paymentFailed(let it, let reason):
            (
                "A payment failed: invoice \(it.number)",
                """
                A payment of \(it.amountDue.formatted) for invoice \(it.number) failed\(reason.map { ": \($0)" } ?? ".")

                Nothing was charged. Try again here: \(link)
                """
            )
        case .reminder(let it), .limited(let it), .cancelledUnpaid(let it): overdueWords(it, link: link)
        }
    }

    /// What an invoice that is not paid in time leads to, step by step.
    private func overdueWords(_ it: Invoice, link: String) -> (subject: String, text: String) {
        switch self {
        case .limited:
            (
                "Only reading works: invoice \(it.number) is not paid",
                """
                Invoice \(it.number) over \(it.amountDue.formatted) was due on \(CivilDate(it.dueAt)) and is not paid. \
                Everything can still be read; changes wait until it is.

                See and pay it here: \(link)
                """
            )
        case .cancelledUnpaid:
            (
                "The plan has ended: invoice \(it.number) was not paid",
                """
                Invoice \(it.number) over \(it.total.formatted) was not paid, so the plan has ended. \
                Nothing is lost: take a plan again whenever you like.

                The invoice: \(link)
                """
            )
        default:
            (
                "Reminder: invoice \(it.number) is due",
                """
                Invoice \(it.number) over \(it.amountDue.formatted) was due on \(CivilDate(it.dueAt)) and is not paid.

                See and pay it here: \(link)
                """
            )
        }
    }
}
