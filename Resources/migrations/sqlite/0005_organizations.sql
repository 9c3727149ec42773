-- Organisations, who belongs to them with which role, who is invited, and the keys of their programs.

CREATE TABLE organizations (
  id         TEXT    NOT NULL PRIMARY KEY,
  name       TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  slug       TEXT    NOT NULL UNIQUE CHECK (length(slug) BETWEEN 2 AND 40),
  version    INTEGER NOT NULL DEFAULT 1 CHECK (version > 0),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
  organization_id TEXT    NOT NULL REFERENCES organizations (id),
  user_id         TEXT    NOT NULL REFERENCES users (id),
  role            TEXT    NOT NULL CHECK (role IN ('viewer', 'editor', 'admin', 'owner')),
  version         INTEGER NOT NULL DEFAULT 1 CHECK (version > 0),
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL,
  PRIMARY KEY (organization_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX members_user ON members (user_id, organization_id, role);

CREATE TABLE invitations (
  id              TEXT    NOT NULL PRIMARY KEY,
  organization_id TEXT    NOT NULL REFERENCES organizations (id),
  email           TEXT    NOT NULL,
  email_folded    TEXT    NOT NULL,
  role            TEXT    NOT NULL CHECK (role IN ('viewer', 'editor', 'admin', 'owner')),
  state           TEXT    NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'accepted', 'revoked', 'expired')),
  token_hash      BLOB    NOT NULL UNIQUE CHECK (length(token_hash) = 32),   -- SHA-256 of the token in the mail
  invited_by      TEXT    NOT NULL,              -- the name of who invited, as it was
  created_at      INTEGER NOT NULL,
  expires_at      INTEGER NOT NULL CHECK (expires_at > created_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX invitations_organization ON invitations (organization_id, state, id);
CREATE UNIQUE INDEX invitations_pending ON invitations (organization_id, email_folded) WHERE state = 'pending';

CREATE TABLE api_keys (
  id              TEXT    NOT NULL PRIMARY KEY,
  organization_id TEXT    NOT NULL REFERENCES organizations (id),
  name            TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  role            TEXT    NOT NULL CHECK (role IN ('viewer', 'editor', 'admin', 'owner')),
  token_hash      BLOB    NOT NULL UNIQUE CHECK (length(token_hash) = 32),   -- SHA-256 of the whole key
  hint            TEXT    NOT NULL,              -- the last four characters, to tell keys apart
  created_by      TEXT    NOT NULL,              -- the name of who made it, as it was
  created_at      INTEGER NOT NULL,
  expires_at      INTEGER,
  last_used_at    INTEGER,                       -- to the minute
  revoked_at      INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX api_keys_organization ON api_keys (organization_id, id);
