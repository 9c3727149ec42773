// The message to the owners when usage comes near its quota.
//
// Web is not imported here: its `Message` is the one of the next page, not a mail.
import Core
import Mail
import Storage

extension Billing {
    func mailQuota(
        _ feature: Feature, percent: Int64, used: Int64, limit: Int64, _ period: UsagePeriod, in tx: any Transaction
    ) throws {
        let link = "\(settings.publicURL)/orgs/\(try tx.organization())/usage"
        let text = """
            \(feature.name): \(used.grouped) of \(limit.grouped) are used in the period that ends on \
            \(CivilDate(period.end)).

            Nothing is refused. See the usage, day by day: \(link)
            """
        for owner in try SubscriptionStore.owners(in: tx) {
            try Mail.send(
                Message(to: owner, subject: "\(feature.name): \(percent) % of the quota is used", text: text), in: tx)
        }
    }
}
