// Every way in which billing refuses.
package import Core

/// A refusal of billing.
package enum BillingProblem: Error, Equatable {
    case unknownPlan
    case noCatalogue
    case notSold
    case alreadyOnPlan
    case planChange(until: Timestamp?)
    case cancelInstead
    case noTrial
    case trialUsed
    case nothingToCancel
    case transition(from: SubscriptionState, to: SubscriptionState)
    case numbersUsedUp
    case notPayable
    case notADraft
    case notCreditable
    case creditTooLarge(Money)
    case nothingToRefund
    case notUnapplied
    case couponNotValid
    case couponRedeemed
    case couponTaken
    case tooMuchMoney
    case providerUnavailable
    case providerRefused(String)
    case signature
    case paymentNotFound
    case notRefundable
    case refundTooLarge(Money)
    case refundWindowOver
    case disputed
    case noLinks
    case malformedEvent
    /// An operator asked for something that the simulator can't do, and why, in its words.
    case simulatorRefused(String)
    case noPlan
    case payFirst
    case ending
    case nothingToChange
    case previewOutdated
    case changedSince
    case notPausable
    case nothingToResume
    case notParked
    case stepTaken
    case stepTime
    case clockFixed
    case clockLimit
    case clockNotHeld
}

extension BillingProblem: ProblemConvertible {
    package var problem: Problem {
        switch self {
        case .unknownPlan:
            .invalid([FieldProblem("/plan", "unknown_plan", "There is no such plan. See GET /v1/plans.")])
        case .notSold:
            .invalid([FieldProblem("/currency", "not_sold", "The plan is not sold in this currency and interval.")])
        case .noCatalogue: Problem("malformed_json", status: 400, "The catalogue is not a JSON document.")
        case .tooMuchMoney:
            .invalid([FieldProblem("/lines", "range", "The sum is more than \(Money.limit) minor units.")])
        case .numbersUsedUp, .transition:
            Problem("internal_error", status: 500, "Something went wrong on our side.", underlying: self)
        case .providerUnavailable, .providerRefused, .signature, .paymentNotFound, .malformedEvent: providerProblem
        default: conflict
        }
    }

    private var conflict: Problem {
        let (code, detail) = conflictWords
        return Problem(code, status: 409, detail)
    }

    private var conflictWords: (String, String) {
        subscriptionWords ?? moneyWords
    }

    private var subscriptionWords: (String, String)? {
        switch self {
        case .noPlan: ("no_plan", "There is no paid plan that could be changed. Take one first.")
        case .payFirst: ("invoice_unpaid", "An invoice of the plan is not paid. Pay it first.")
        case .ending: ("subscription_ending", "The plan is going to end or to pause. Resume it first.")
        case .nothingToChange: ("nothing_to_change", "The organisation has exactly this already.")
        case .previewOutdated:
            ("preview_outdated", "The change would come to another amount by now. Look at the preview again.")
        case .changedSince:
            ("invoice_changed_since", "The plan was changed again since. Write the invoice off, or credit it.")
        case .notPausable: ("not_pausable", "Only a plan that is paid for, and not ending, can be paused.")
        case .nothingToResume: ("nothing_to_resume", "Nothing was cancelled or paused that could go on.")
        case .notParked: ("not_parked", "Billing of this subscription was not stopped.")
        case .stepTaken: ("dunning_step_taken", "The step was taken or skipped already, or the invoice is not open.")
        case .stepTime: ("dunning_step_time", "A step can be moved to an instant within a year from now.")
        case .clockFixed: ("clock_fixed", "Time is moved only in sandbox mode, never where real money is.")
        case .clockLimit: ("clock_limit", "The clock goes forward only, and at most ten years ahead.")
        case .clockNotHeld: ("clock_not_held", "Billing is not waiting for anybody to confirm the clock.")
        default: nil
        }
    }

    private var moneyWords: (String, String) {
        switch self {
        case .alreadyOnPlan: ("already_on_plan", "The organisation already has this plan.")
        case .planChange(let until):
            (
                "plan_in_force",
                "Another plan is paid for until \(until?.description ?? "its end"). Cancel it, then take this one."
            )
        case .cancelInstead: ("cancel_instead", "To go back to the free plan, cancel the subscription.")
        case .noTrial: ("no_trial", "This plan has no trial.")
        case .trialUsed: ("trial_used", "The organisation has had its trial. Take the plan without one.")
        case .nothingToCancel: ("nothing_to_cancel", "There is no paid plan that could be cancelled.")
        case .notCreditable: ("invoice_not_creditable", "Only an open or a paid invoice can be credited.")
        case .creditTooLarge(let rest):
            ("credit_too_large", "At most \(rest.formatted) of this invoice can still be credited.")
        case .nothingToRefund:
            ("nothing_to_refund", "No payment of this invoice has that much left. Credit the balance instead.")
        case .notUnapplied: ("payment_not_unapplied", "The payment paid its invoice, or is given back already.")
        case .couponNotValid: ("coupon_not_valid", "There is no such coupon, or it is used up or over.")
        case .couponTaken: ("coupon_taken", "There is or was a coupon with this code.")
        case .couponRedeemed: ("coupon_redeemed", "The organisation has redeemed this coupon.")
        case .notADraft: ("invoice_not_a_draft", "The invoice is finalised; it can't be changed any more.")
        case .notPayable: ("invoice_not_open", "The invoice is paid or void; there is nothing to pay.")
        case .notRefundable: ("payment_not_captured", "Only captured payments can be given back.")
        case .refundTooLarge(let rest):
            ("refund_too_large", "At most \(rest.formatted) of this payment can still be given back.")
        case .disputed:
            (
                "payment_disputed",
                "The customer's bank disputes this payment. Giving it back as well would pay it twice."
            )
        case .simulatorRefused(let words): ("simulator_refused", "The simulator can't do that: \(words)")
        case .noLinks: ("no_payment_links", "The payment provider of this currency has no payment links.")
        case .refundWindowOver:
            (
                "refund_window_over",
                "The time in which you can refund it yourself is over. Ask whoever runs this instance."
            )
        default: ("conflict", "The change contradicts what is stored. Nothing was changed.")
        }
    }

    private var providerProblem: Problem {
        switch self {
        case .providerRefused(let words):
            Problem("payment_provider_refused", status: 502, "The payment provider refused: \(words)")
        case .signature:
            Problem("invalid_signature", status: 401, "The signature does not fit. Nothing was changed.")
        case .paymentNotFound:
            Problem("payment_not_found", status: 422, "The payment provider knows no such payment of this order.")
        case .malformedEvent:
            Problem("malformed_event", status: 400, "The body is not an event in the provider's format.")
        default:
            Problem(
                "payment_provider_unavailable", status: 503,
                "The payment provider does not answer. Nothing was charged; try again shortly.", retryAfter: 10)
        }
    }
}
