// Which rows of a table an organisation's transaction sees.

/// The rule of one table that has no `organization_id` of its own.
///
/// Tables with an `organization_id` need none: their rows belong to that organisation. A table without rule is the
/// instance's own: invisible to organisations.
package struct Visibility: Sendable {
    package let table: String
    /// A condition on the table's columns; `current_organization()` is the scope's organisation.
    package let condition: SQL

    /// Rows that an organisation may read, but never change.
    package init(readable table: String, where condition: SQL) {
        self.table = table
        self.condition = condition
    }
}
