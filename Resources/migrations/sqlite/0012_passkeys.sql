-- Passkeys (WebAuthn): a person's public keys, one for each authenticator that holds the secret half.

CREATE TABLE passkeys (
  id                 TEXT    NOT NULL PRIMARY KEY,
  user_id            TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name               TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  credential_id      BLOB    NOT NULL UNIQUE CHECK (length(credential_id) BETWEEN 1 AND 1023),
  public_key         BLOB    NOT NULL CHECK (length(public_key) BETWEEN 1 AND 2048),   -- COSE_Key, as it came
  sign_count         INTEGER NOT NULL CHECK (sign_count BETWEEN 0 AND 4294967295),     -- 0 for ever: it does not count
  transports         TEXT    NOT NULL,           -- with blanks between; hints for the browser only
  is_backup_eligible INTEGER NOT NULL CHECK (is_backup_eligible IN (0, 1)),            -- never changes
  is_backed_up       INTEGER NOT NULL CHECK (is_backed_up IN (0, 1)),
  created_at         INTEGER NOT NULL,
  last_used_at       INTEGER,
  CHECK (is_backed_up <= is_backup_eligible)
) STRICT, WITHOUT ROWID;

CREATE INDEX passkeys_user ON passkeys (user_id, id);
