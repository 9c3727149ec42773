-- Domains whose people may join by themselves, who was removed and so may not, and sessions in which an operator acts
-- for somebody.

CREATE TABLE domains (
  id              TEXT    NOT NULL PRIMARY KEY,
  organization_id TEXT    NOT NULL REFERENCES organizations (id),
  name            TEXT    NOT NULL CHECK (length(name) BETWEEN 4 AND 230),   -- lower case
  challenge       TEXT    NOT NULL,              -- what a TXT record of the domain has to say
  role            TEXT    NOT NULL CHECK (role = 'viewer' OR role = 'editor'),
  custom_role_id  TEXT    REFERENCES custom_roles (id) CHECK (custom_role_id IS NULL OR role = 'viewer'),
  verified_at     INTEGER,
  checked_at      INTEGER,
  misses          INTEGER NOT NULL DEFAULT 0 CHECK (misses >= 0),   -- checks in a row without the record
  version         INTEGER NOT NULL DEFAULT 1 CHECK (version > 0),
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL,
  UNIQUE (organization_id, name)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX domains_verified ON domains (name) WHERE verified_at IS NOT NULL;
CREATE INDEX domains_checked ON domains (checked_at) WHERE verified_at IS NOT NULL;
CREATE INDEX domains_custom_role ON domains (custom_role_id) WHERE custom_role_id IS NOT NULL;

CREATE TABLE removed_members (
  organization_id TEXT    NOT NULL REFERENCES organizations (id),
  user_id         TEXT    NOT NULL,              -- may be gone
  address_hash    BLOB    NOT NULL CHECK (length(address_hash) = 32),   -- SHA-256 of the address in lower case
  removed_at      INTEGER NOT NULL,
  PRIMARY KEY (organization_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX removed_members_address ON removed_members (organization_id, address_hash);

-- An impersonation is a session of the user that ends with the operator's own.
ALTER TABLE sessions ADD COLUMN impersonator_id TEXT REFERENCES users (id) ON DELETE CASCADE;
ALTER TABLE sessions ADD COLUMN impersonator_session TEXT REFERENCES sessions (id) ON DELETE CASCADE;
ALTER TABLE sessions ADD COLUMN impersonation_reason TEXT;

CREATE INDEX sessions_impersonator ON sessions (impersonator_session) WHERE impersonator_session IS NOT NULL;
