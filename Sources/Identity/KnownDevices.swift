// Devices that somebody has signed in from: a sign-in from another one is told by mail.
import Core
import Crypto
import Storage
package import Web

/// The browsers and programs of each account.
package enum KnownDevices {
    /// How many are remembered for one account; the oldest make room.
    static let limit = 20

    /// Notes a sign-in; mails its owner when the device is new, unless it is the first one of the account.
    static func note(_ device: Identity.Device, of user: User, in tx: any Transaction) throws {
        let known = try KnownDevicesStore.count(of: user.id, in: tx)
        guard try KnownDevicesStore.note(device.mark, of: user.id, in: tx), known > 0 else { return }
        if known >= limit { try KnownDevicesStore.trim(to: limit, of: user.id, in: tx) }
        try IdentityMail.tell(
            user, "A sign-in from a new device",
            """
            somebody signed in to your account from a device that was not seen before.

            Device: \(Identity.device(device.userAgent))
            Address: \(device.address ?? "unknown")
            Time: \(tx.now)

            \(IdentityMail.notYou)
            """, in: tx)
    }

    /// How the gateway knows a browser from which somebody signed in before.
    package static let check = KnownBrowsers(cookie: Identity.deviceCookie) { cookie, tx in
        try KnownDevicesStore.has(mark(cookie: cookie, userAgent: nil, address: nil), in: tx)
    }

    /// What a device is told from others by: a cookie, or else its program and network.
    static func mark(cookie: String?, userAgent: String?, address: String?) -> [UInt8] {
        let text = cookie ?? "\(userAgent ?? "")\u{0}\(SignInThrottle.network(of: address ?? ""))"
        return Array(SHA256.hash(data: Array(text.utf8)))
    }
}
