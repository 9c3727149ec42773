// What billing does when an organisation is deleted.
package import Storage

extension Billing {
    /// Cancels the plan, so that nothing more is invoiced; what is paid for stays until its end.
    ///
    /// Does nothing where there is no plan, or its end is set already. Scope: the organisation.
    package func endWhenLeaving(in tx: any Transaction) throws {
        guard let subscription = try SubscriptionStore.find(in: tx), subscription.hasPlan,
            subscription.cancelsAt == nil
        else { return }
        _ = try cancel(in: tx)
    }
}
