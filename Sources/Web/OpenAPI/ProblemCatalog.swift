// Every problem code of the product with its status: what OpenAPI and docs/errors.md list.

/// One code that a refusal can carry.
package struct ProblemCode: Sendable {
    package let code: String
    package let status: Int
    /// When it happens and what to do, in a sentence or two.
    package let meaning: String

    init(_ code: String, _ status: Int, _ meaning: String) {
        self.code = code
        self.status = status
        self.meaning = meaning
    }

    /// All codes by status; a test compares them with the sources and with docs/errors.md.
    package static let all: [ProblemCode] =
        general + accounts + organizations + money + ledger + operations
        + audit

    static let audit = [
        ProblemCode("size_out_of_range", 422, "A proof was asked for in more or fewer records than there are."),
        ProblemCode("tree_broken", 500, "The stored tree does not fit the records. Run `raptorflow audit verify`."),
        ProblemCode(
            "tree_behind", 503,
            "Many records were written just now and are not in the tree yet. Try again in a minute."),
    ]

    static let general = [
        ProblemCode("malformed_target", 400, "The path or query is too long or not a path. Check the address."),
        ProblemCode("malformed_json", 400, "The body is not valid JSON, repeats a name, or is nested too deep."),
        ProblemCode("malformed_form", 400, "A form or query is not validly encoded, or repeats a field."),
        ProblemCode("malformed_request", 400, "The request breaks HTTP's rules; the connection is closed."),
        ProblemCode("body_incomplete", 400, "The connection ended before the body did."),
        ProblemCode("idempotency_key_required", 400, "The operation moves money: send an Idempotency-Key."),
        ProblemCode("idempotency_key_invalid", 400, "The key must be 1 to 255 visible ASCII characters."),
        ProblemCode(
            "credential_in_query", 400,
            "A key or token stood in the address, where logs keep it. Revoke it; send credentials in a header."),
        ProblemCode(
            "unauthenticated", 401, "No credential, or one that is unknown, expired or revoked. Sign in again."),
        ProblemCode("permission_denied", 403, "Known, but the role lacks the permission that the detail names."),
        ProblemCode("session_required", 403, "An API key tried what only a signed-in person can do."),
        ProblemCode("impersonating", 403, "An operator acts for somebody, and only they themselves can do this."),
        ProblemCode("payment_overdue", 402, "An invoice is not paid: only reading and billing work until it is."),
        ProblemCode("address_not_allowed", 403, "The key may not be used from this address."),
        ProblemCode("cross_origin_request", 403, "A browser sent this from a page of another site."),
        ProblemCode("not_found", 404, "There is no such thing, or it belongs to another organisation."),
        ProblemCode("method_not_allowed", 405, "The address takes other methods; `Allow` lists them."),
        ProblemCode("request_timeout", 408, "The request did not arrive in time."),
        ProblemCode("conflict", 409, "The change contradicts what is stored, or something else changed it first."),
        ProblemCode("idempotency_key_in_use", 409, "The first request with this key is still running. Try again soon."),
        ProblemCode("precondition_failed", 412, "`If-Match` names another version. Read again and repeat the change."),
        ProblemCode("body_too_large", 413, "The body is larger than the operation takes."),
        ProblemCode("unsupported_media_type", 415, "The body has another type than the operation takes."),
        ProblemCode("expectation_failed", 417, "The server knows no other expectation than 100-continue."),
        ProblemCode("unknown_host", 421, "The request names a host that this instance does not answer for."),
        ProblemCode("validation_failed", 422, "Fields were refused; `errors` names each with a pointer."),
        ProblemCode("idempotency_key_reused", 422, "The key was used for another request. Take a new one."),
        ProblemCode("rate_limited", 429, "Too many calls. Wait as long as `Retry-After` says."),
        ProblemCode("header_too_large", 431, "The headers are larger than the server takes."),
        ProblemCode("internal_error", 500, "Something went wrong on our side; the request id finds it in the log."),
        ProblemCode("overloaded", 503, "More is being written than the disk takes. Try again in a second."),
        ProblemCode("storage_unavailable", 503, "The database can't be written now: a full disk, for example."),
        ProblemCode("shutting_down", 503, "The server is stopping. Try again shortly."),
    ]

    static let accounts = [
        ProblemCode("account_suspended", 403, "The account is suspended. Ask whoever runs the instance."),
        ProblemCode("impersonation_off", 403, "The instance lets nobody act for somebody else."),
        ProblemCode("not_impersonable", 409, "Nobody acts for an operator, a suspended account, or themselves."),
        ProblemCode("wrong_credentials", 401, "E-mail and password do not belong together."),
        ProblemCode(
            "second_factor_required", 401, "The account has a second factor: sign in with it, then open the link again."
        ),
        ProblemCode("step_up_required", 403, "Give a password or code again: the last is older than 10 minutes."),
        ProblemCode(
            "second_factor_missing", 403,
            "The organisation or the instance asks for a second factor. Add one, or sign in with it."),
        ProblemCode("sign_up_closed", 403, "People can't make accounts themselves here."),
        ProblemCode(
            "email_unconfirmed", 403,
            "The provider does not confirm an address. Confirm it there, or sign in in another way and connect it."),
        ProblemCode(
            "provider_declined", 403, "The provider signed nobody in: it was cancelled there, or not allowed."),
        ProblemCode("provider_untrusted", 403, "What the provider sent could not be verified. Begin again."),
        ProblemCode("magic_links_off", 403, "The instance mails no sign-in links. Use the password."),
        ProblemCode("second_factor_exists", 409, "The account has a second factor. Remove it to add another one."),
        ProblemCode("second_factor_absent", 409, "The account has no second factor. Add one first."),
        ProblemCode("email_taken", 409, "There is an account with this e-mail address. Sign in instead."),
        ProblemCode("already_set_up", 409, "The instance has its first account; the set-up link works once."),
        ProblemCode(
            "identity_not_linked", 409,
            "An issuer confirmed the address of an account here. Sign in to that, then link the identity."),
        ProblemCode("identity_taken", 409, "The identity is linked with a profile already."),
        ProblemCode(
            "last_way_in", 409, "It is the only way in to the account. Choose a password or connect another first."),
        ProblemCode(
            "sign_in_unusable", 422,
            "The sign-in was begun in another browser, took longer than 10 minutes, or was completed. Begin again."),
        ProblemCode(
            "link_unusable", 422,
            "A link of a message has expired, was used, or is not complete. Ask for a new one."),
        ProblemCode(
            "challenge_unusable", 422,
            "It took longer than 5 minutes, was completed, or was for something else. Start again."),
        ProblemCode(
            "passkeys_unavailable", 403,
            "The public address is a number or has no TLS, where browsers allow no passkeys. Give it a name."),
        ProblemCode("passkey_exists", 409, "The passkey was added before, to this account or another one."),
        ProblemCode("passkey_absent", 409, "The account has no passkey. Use a code."),
        ProblemCode(
            "passkey_refused", 422,
            "The passkey is not known, or its answer is not right. Ask for new options and try again."),
        ProblemCode(
            "passkey_unverified", 422,
            "Alone a passkey has to check who it is, by PIN, finger or face. Sign in with the password first."),
        ProblemCode("wrong_code", 422, "The code is wrong, too old, or was used before. Wait for the next one."),
        ProblemCode(
            "too_many_attempts", 429,
            "Too many wrong passwords from one place. Wait as long as `Retry-After` says."),
        ProblemCode(
            "too_many_codes", 429,
            "Too many wrong codes for one account, from wherever. Wait as long as `Retry-After` says."),
        ProblemCode("provider_unavailable", 503, "The provider does not answer as it should. Try again soon."),
    ]

    static let organizations = [
        ProblemCode("above_own_role", 403, "Nobody gives or changes a role that holds more than their own."),
        ProblemCode("role_name_taken", 409, "The organisation has a role of this name."),
        ProblemCode("domain_claimed", 409, "The organisation has the domain already."),
        ProblemCode("domain_taken", 409, "Another organisation of the instance has proven the domain."),
        ProblemCode("record_not_found", 409, "The DNS record that proves the domain is not there, or not seen yet."),
        ProblemCode("dns_unavailable", 503, "A name could not be looked up now. Try again in a minute."),
        ProblemCode("role_in_use", 409, "Members, invitations or domains have the role: say which role replaces it."),
        ProblemCode(
            "invitation_for_somebody_else", 403,
            "The invitation is for another e-mail address than the account that is signed in."),
        ProblemCode("slug_taken", 409, "Another organisation has this short name."),
        ProblemCode("organization_suspended", 403, "The organisation is suspended. Ask whoever runs the instance."),
        ProblemCode("organization_leaving", 403, "The organisation is about to be deleted; its owners can undo that."),
        ProblemCode("already_suspended", 409, "The organisation or account is suspended already."),
        ProblemCode("not_suspended", 409, "The organisation or account is not suspended."),
        ProblemCode("not_yourself", 409, "Nobody suspends themselves. Somebody else who runs the instance has to."),
        ProblemCode("already_leaving", 409, "The deletion of the organisation was asked for already."),
        ProblemCode("not_leaving", 409, "No deletion was asked for, so there is nothing to undo."),
        ProblemCode("just_sent", 409, "The invitation was sent less than five minutes ago. Wait a little."),
        ProblemCode("already_rotated", 409, "The key has a successor. Rotate that one, or revoke this one."),
        ProblemCode("last_owner", 409, "An organisation always has an owner: make somebody else one first."),
        ProblemCode("already_member", 409, "There is a member with this e-mail address."),
        ProblemCode("already_invited", 409, "An invitation to this e-mail address is open."),
        ProblemCode("account_exists", 409, "The invited person has an account: sign in, then accept."),
        ProblemCode(
            "plan_limit_reached", 409,
            "The plan allows no more members or API keys. Remove some first, or take a plan that allows more."),
        ProblemCode("limit_reached", 409, "There is the most of this kind already. Remove some first."),
        ProblemCode(
            "invitation_unusable", 422,
            "The invitation has expired, was revoked or accepted, or the link is not complete."),
        ProblemCode("more_is_needed", 422, "The form needs more to go on; it says what."),
    ]

    static let money = [
        ProblemCode("malformed_event", 400, "The body is not an event in the payment provider's format."),
        ProblemCode(
            "invalid_signature", 401,
            "The signature of a webhook or checkout does not fit. Nothing was changed."),
        ProblemCode("already_on_plan", 409, "The organisation has this plan already."),
        ProblemCode("plan_in_force", 409, "Another plan is paid for. Cancel it, then take this one."),
        ProblemCode("cancel_instead", 409, "To go back to the free plan, cancel the subscription."),
        ProblemCode("no_trial", 409, "The plan has no trial."),
        ProblemCode("trial_used", 409, "The organisation has had its trial."),
        ProblemCode("nothing_to_cancel", 409, "There is no paid plan that could be cancelled."),
        ProblemCode("no_plan", 409, "There is no paid plan that could be changed."),
        ProblemCode("invoice_unpaid", 409, "An invoice of the plan is not paid. Pay it first."),
        ProblemCode("subscription_ending", 409, "The plan is going to end or to pause. Resume it first."),
        ProblemCode("nothing_to_change", 409, "The organisation has exactly this already."),
        ProblemCode(
            "preview_outdated", 409, "The change would come to another amount by now. Look at the preview again."),
        ProblemCode(
            "invoice_changed_since", 409, "The plan was changed again since. Write the invoice off, or credit it."),
        ProblemCode("not_pausable", 409, "Only a plan that is paid for, and not ending, can be paused."),
        ProblemCode("nothing_to_resume", 409, "Nothing was cancelled or paused that could go on."),
        ProblemCode("not_parked", 409, "Billing of the subscription was not stopped."),
        ProblemCode("dunning_step_taken", 409, "The step was taken or skipped already, or the invoice is not open."),
        ProblemCode("dunning_step_time", 409, "A step can be moved to an instant within a year from now."),
        ProblemCode("clock_fixed", 409, "Time is moved only in sandbox mode."),
        ProblemCode("clock_limit", 409, "The clock goes forward only, and at most ten years ahead."),
        ProblemCode("clock_not_held", 409, "Billing is not waiting for anybody to confirm the clock."),
        ProblemCode("invoice_not_open", 409, "The invoice is paid or void."),
        ProblemCode("payment_not_captured", 409, "Only captured payments can be given back."),
        ProblemCode("refund_too_large", 409, "Less of the payment is left than was asked back."),
        ProblemCode(
            "refund_window_over", 409,
            "The time for refunds of your own is over. Ask whoever runs the instance."),
        ProblemCode("invoice_not_a_draft", 409, "The invoice is finalised; a credit note takes back what is wrong."),
        ProblemCode(
            "invoice_not_creditable", 409,
            "Only an open or a paid invoice can be credited, not a draft, a void or a written-off one."),
        ProblemCode("credit_too_large", 409, "Less of the invoice is left than the credit note would take back."),
        ProblemCode(
            "nothing_to_refund", 409,
            "No payment of the invoice has that much left. Credit the balance instead."),
        ProblemCode(
            "payment_not_unapplied", 409,
            "The payment paid its invoice, or is given back already: there is nothing to make credit of."),
        ProblemCode("coupon_not_valid", 409, "There is no such coupon, or it is used up or over."),
        ProblemCode("coupon_redeemed", 409, "The organisation has redeemed this coupon."),
        ProblemCode("coupon_taken", 409, "There is or was a coupon with this code."),
        ProblemCode(
            "payment_disputed", 409,
            "The customer's bank disputes the payment; a refund as well would pay it twice. Wait for the outcome."),
        ProblemCode(
            "no_payment_links", 409,
            "The provider of this currency has no payment links. Send the hosted invoice instead."),
        ProblemCode(
            "simulator_refused", 409,
            "What was to happen at the payment simulator can't: it knows no such object, or has seen it happen."),
        ProblemCode("payment_not_found", 422, "The payment provider knows no such payment of this order."),
        ProblemCode("payment_provider_refused", 502, "The payment provider refused; the detail says why."),
        ProblemCode("payment_provider_unavailable", 503, "The payment provider does not answer. Nothing was charged."),
    ]

    static let ledger = [
        ProblemCode("ledger_account_closed", 409, "An account of the entry is closed."),
        ProblemCode(
            "ledger_period_closed", 409,
            "The books are closed for that time. Post with a later effective time."),
        ProblemCode("ledger_wrong_side", 409, "An account would end up on the side that its rule forbids."),
        ProblemCode("ledger_out_of_range", 409, "An account's total would grow beyond 64 bits."),
        ProblemCode("ledger_already_booked", 409, "The source was booked before, with other postings."),
        ProblemCode("ledger_already_reversed", 409, "The entry was reversed before; an entry is reversed once."),
        ProblemCode("ledger_code_taken", 409, "There is an account with this code, currency and owner."),
        ProblemCode("ledger_closing_backwards", 409, "A closed period stays closed. Close through a later time."),
        ProblemCode(
            "ledger_account_not_empty", 409,
            "The account has a balance. Post it away before you close the account."),
        ProblemCode(
            "ledger_exceeds_available", 409,
            "An account has less available than that: its rule counts what is held too."),
        ProblemCode("ledger_hold_ended", 409, "The hold was posted, voided or has expired before."),
        ProblemCode("ledger_hold_expired", 409, "The hold's time is over."),
        ProblemCode(
            "ledger_account_held", 409,
            "Something is held on the account: post or void the holds before you close it."),
        ProblemCode("ledger_exceeds_hold", 422, "It is more than is held."),
        ProblemCode("ledger_unbalanced", 422, "Debits and credits of the entry differ."),
        ProblemCode("ledger_account_repeated", 422, "An account stands in the entry twice."),
        ProblemCode("ledger_unknown_account", 422, "There is no such account in this currency."),
        ProblemCode("ledger_currency_differs", 422, "An account has another currency than the entry."),
    ]

    static let operations = [
        ProblemCode("job_exists", 409, "A job with this unique name is waiting or running."),
        ProblemCode("job_not_cancellable", 409, "The job is over, or is running and can not be cancelled any more."),
        ProblemCode("job_not_retryable", 409, "Only dead and cancelled jobs can be run again."),
        ProblemCode("message_not_sendable", 409, "The message was sent, or is being sent."),
        ProblemCode("backup_running", 409, "A backup is being taken already."),
        ProblemCode("demo_clock_limit", 409, "The clock of the demo was moved as far as it goes. Start the demo anew."),
        ProblemCode("cron_invalid", 422, "The schedule is not a cron expression; the detail says what is wrong."),
        ProblemCode("not_ready", 503, "The instance can't serve yet or any more; the detail says what is missing."),
    ]

    /// The status a code is answered with; 422 for a code that the catalogue does not have.
    static func status(of code: String) -> Int { all.first { $0.code == code }?.status ?? 422 }
}
