// Embeds the files of this folder with C23 #embed; a test compares this list with the folder.
#include "CResources.h"

#define FILE_BYTES(symbol) static const unsigned char symbol[]

FILE_BYTES(console_app_css) = {
#embed "console/app.css"
};
FILE_BYTES(console_app_js) = {
#embed "console/app.js"
};
FILE_BYTES(console_passkeys_js) = {
#embed "console/passkeys.js"
};
FILE_BYTES(console_stripe_js) = {
#embed "console/stripe.js"
};
FILE_BYTES(console_theme_js) = {
#embed "console/theme.js"
};
FILE_BYTES(console_favicon_svg) = {
#embed "console/favicon.svg"
};
FILE_BYTES(passwords_common) = {
#embed "passwords/common.filter"
};
FILE_BYTES(fonts_license) = {
#embed "fonts/OFL.txt"
};
FILE_BYTES(fonts_regular) = {
#embed "fonts/NotoSans-Regular.ttf"
};
FILE_BYTES(fonts_bold) = {
#embed "fonts/NotoSans-Bold.ttf"
};
FILE_BYTES(sqlite_0001) = {
#embed "migrations/sqlite/0001_instance.sql"
};
FILE_BYTES(sqlite_0002) = {
#embed "migrations/sqlite/0002_audit_events.sql"
};
FILE_BYTES(sqlite_0003) = {
#embed "migrations/sqlite/0003_jobs_mail.sql"
};
FILE_BYTES(sqlite_0004) = {
#embed "migrations/sqlite/0004_identity.sql"
};
FILE_BYTES(sqlite_0005) = {
#embed "migrations/sqlite/0005_organizations.sql"
};
FILE_BYTES(sqlite_0006) = {
#embed "migrations/sqlite/0006_ledger.sql"
};
FILE_BYTES(sqlite_0007) = {
#embed "migrations/sqlite/0007_billing.sql"
};
FILE_BYTES(sqlite_0008) = {
#embed "migrations/sqlite/0008_identities.sql"
};
FILE_BYTES(sqlite_0009) = {
#embed "migrations/sqlite/0009_second_factors.sql"
};
FILE_BYTES(sqlite_0010) = {
#embed "migrations/sqlite/0010_audit_trees.sql"
};
FILE_BYTES(sqlite_0011) = {
#embed "migrations/sqlite/0011_keys_organizations.sql"
};
FILE_BYTES(sqlite_0012) = {
#embed "migrations/sqlite/0012_passkeys.sql"
};
FILE_BYTES(sqlite_0013) = {
#embed "migrations/sqlite/0013_federation.sql"
};
FILE_BYTES(sqlite_0014) = {
#embed "migrations/sqlite/0014_custom_roles.sql"
};
FILE_BYTES(sqlite_0015) = {
#embed "migrations/sqlite/0015_edge.sql"
};
FILE_BYTES(sqlite_0016) = {
#embed "migrations/sqlite/0016_domains_impersonation.sql"
};
FILE_BYTES(sqlite_0017) = {
#embed "migrations/sqlite/0017_inviters.sql"
};
FILE_BYTES(sqlite_0018) = {
#embed "migrations/sqlite/0018_ledger_holds.sql"
};
FILE_BYTES(sqlite_0019) = {
#embed "migrations/sqlite/0019_catalogue.sql"
};
FILE_BYTES(sqlite_0020) = {
#embed "migrations/sqlite/0020_subscriptions.sql"
};
FILE_BYTES(sqlite_0021) = {
#embed "migrations/sqlite/0021_invoices.sql"
};
FILE_BYTES(sqlite_0022) = {
#embed "migrations/sqlite/0022_payments.sql"
};
FILE_BYTES(sqlite_0023) = {
#embed "migrations/sqlite/0023_reports.sql"
};

#define ENTRY(path, symbol) {path, symbol, sizeof(symbol)}

static const struct raptorflow_resource resources[] = {
    ENTRY("console/app.css", console_app_css),
    ENTRY("console/app.js", console_app_js),
    ENTRY("console/passkeys.js", console_passkeys_js),
    ENTRY("console/stripe.js", console_stripe_js),
    ENTRY("console/theme.js", console_theme_js),
    ENTRY("console/favicon.svg", console_favicon_svg),
    ENTRY("passwords/common.filter", passwords_common),
    ENTRY("fonts/OFL.txt", fonts_license),
    ENTRY("fonts/NotoSans-Regular.ttf", fonts_regular),
    ENTRY("fonts/NotoSans-Bold.ttf", fonts_bold),
    ENTRY("migrations/sqlite/0001_instance.sql", sqlite_0001),
    ENTRY("migrations/sqlite/0002_audit_events.sql", sqlite_0002),
    ENTRY("migrations/sqlite/0003_jobs_mail.sql", sqlite_0003),
    ENTRY("migrations/sqlite/0004_identity.sql", sqlite_0004),
    ENTRY("migrations/sqlite/0005_organizations.sql", sqlite_0005),
    ENTRY("migrations/sqlite/0006_ledger.sql", sqlite_0006),
    ENTRY("migrations/sqlite/0007_billing.sql", sqlite_0007),
    ENTRY("migrations/sqlite/0008_identities.sql", sqlite_0008),
    ENTRY("migrations/sqlite/0009_second_factors.sql", sqlite_0009),
    ENTRY("migrations/sqlite/0010_audit_trees.sql", sqlite_0010),
    ENTRY("migrations/sqlite/0011_keys_organizations.sql", sqlite_0011),
    ENTRY("migrations/sqlite/0012_passkeys.sql", sqlite_0012),
    ENTRY("migrations/sqlite/0013_federation.sql", sqlite_0013),
    ENTRY("migrations/sqlite/0014_custom_roles.sql", sqlite_0014),
    ENTRY("migrations/sqlite/0015_edge.sql", sqlite_0015),
    ENTRY("migrations/sqlite/0016_domains_impersonation.sql", sqlite_0016),
    ENTRY("migrations/sqlite/0017_inviters.sql", sqlite_0017),
    ENTRY("migrations/sqlite/0018_ledger_holds.sql", sqlite_0018),
    ENTRY("migrations/sqlite/0019_catalogue.sql", sqlite_0019),
    ENTRY("migrations/sqlite/0020_subscriptions.sql", sqlite_0020),
    ENTRY("migrations/sqlite/0021_invoices.sql", sqlite_0021),
    ENTRY("migrations/sqlite/0022_payments.sql", sqlite_0022),
    ENTRY("migrations/sqlite/0023_reports.sql", sqlite_0023),
};

size_t raptorflow_resource_count(void) { return sizeof(resources) / sizeof(resources[0]); }

struct raptorflow_resource raptorflow_resource_at(size_t index) {
    return resources[index < raptorflow_resource_count() ? index : 0];
}
