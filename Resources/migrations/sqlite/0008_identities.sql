-- Who people are elsewhere (issuers of tokens), and the key pairs that our own access tokens are signed with.

CREATE TABLE identities (
  id         TEXT    NOT NULL PRIMARY KEY,
  issuer     TEXT    NOT NULL,                   -- the token's `iss`, letter for letter
  subject    TEXT    NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),   -- its `sub`
  user_id    TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  email      TEXT,                               -- what the token claimed; never looked up to find somebody
  created_at INTEGER NOT NULL,
  UNIQUE (issuer, subject)
) STRICT, WITHOUT ROWID;

CREATE INDEX identities_user ON identities (user_id, id);

CREATE TABLE signing_keys (
  id         TEXT    NOT NULL PRIMARY KEY,       -- the `kid`
  public_key BLOB    NOT NULL CHECK (length(public_key) = 64),   -- P-256: x and y
  sealed     BLOB    NOT NULL,                   -- the secret half, sealed with a key of instance_keys
  signs_from INTEGER NOT NULL UNIQUE,            -- until the next one does
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
