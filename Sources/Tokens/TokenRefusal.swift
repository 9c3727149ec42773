// Why a signed token is not believed: a closed set, for logs and counters; strangers are told 401 and no more.

/// The first rule that a token broke.
package enum TokenRefusal: String, Error, Sendable, CaseIterable {
    /// Not three parts of canonical base64url, too long, or a header that is no plain JSON object.
    case malformed
    /// The header names an extension, a key or a place to fetch one from, or a compression.
    case headerParameter = "header_parameter"
    /// `typ` is none that this use takes: an ID token where an access token is wanted, or the reverse.
    case type
    /// `alg` is unknown, or not on the issuer's list.
    case algorithm
    /// `iss` is missing, or none that is configured.
    case issuer
    /// There is no `kid`.
    case keyMissing = "key_missing"
    /// The issuer has no key of that `kid`, as far as is known now.
    case keyUnknown = "key_unknown"
    /// The key of that `kid` is for another algorithm than the header says.
    case keyMismatch = "key_mismatch"
    case signature
    /// The claims are no JSON object, or one that is required is missing or has the wrong form.
    case claims
    case audience
    case expired
    case notYetValid = "not_yet_valid"
    /// It is valid for longer than the policy allows.
    case lifetime
    /// An ID token that answers another request than ours.
    case nonce
    /// `azp` names another program than ours.
    case authorizedParty = "authorized_party"
    /// Its role is not the one that people have: Supabase's `anon` and `service_role`.
    case role
}
