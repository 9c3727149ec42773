-- Second factors and recovery codes, one-time links of more kinds, devices that were seen, and organisations that ask
-- for a second factor.

CREATE TABLE second_factors (
  user_id      TEXT    NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  key_name     TEXT    NOT NULL,                 -- the instance's key that sealed the seed
  sealed_seed  BLOB    NOT NULL,                 -- AES-256-GCM, bound to the user
  last_step    INTEGER NOT NULL DEFAULT 0 CHECK (last_step >= 0),   -- the newest 30 s whose code was used
  failures     INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),    -- wrong codes since the last right one
  failed_at    INTEGER,
  created_at   INTEGER NOT NULL,
  confirmed_at INTEGER                           -- NULL until the first right code
) STRICT, WITHOUT ROWID;

CREATE TABLE recovery_codes (
  user_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  code_hash BLOB NOT NULL CHECK (length(code_hash) = 32),           -- SHA-256; the code has 128 random bits
  used_at   INTEGER,
  PRIMARY KEY (user_id, code_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE known_devices (
  user_id      TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  mark         BLOB    NOT NULL CHECK (length(mark) = 32),          -- SHA-256 of a cookie, or of program and network
  last_seen_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, mark)
) STRICT, WITHOUT ROWID;

ALTER TABLE sessions ADD COLUMN authenticated_at INTEGER NOT NULL DEFAULT 0;   -- when a credential was last given
ALTER TABLE sessions ADD COLUMN methods TEXT NOT NULL DEFAULT 'pwd';           -- RFC 8176: 'pwd', 'pwd otp', …
UPDATE sessions SET authenticated_at = created_at;

ALTER TABLE organizations ADD COLUMN requires_second_factor INTEGER NOT NULL DEFAULT 0
  CHECK (requires_second_factor IN (0, 1));

-- The list of purposes grows, and a token may carry what it is about: an address, the way of a sign-in.
CREATE TABLE new_one_time_tokens (
  token_hash BLOB    NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
  purpose    TEXT    NOT NULL CHECK (purpose = 'set_up' OR purpose = 'sign_up' OR purpose = 'password_reset'
    OR purpose = 'second_factor' OR purpose = 'verify_email' OR purpose = 'magic_link' OR purpose = 'change_email'
    OR purpose = 'undo_email'),
  user_id    TEXT    REFERENCES users (id) ON DELETE CASCADE,
  subject    TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL CHECK (expires_at > created_at),
  CHECK ((purpose = 'set_up' OR purpose = 'sign_up') = (user_id IS NULL))
) STRICT, WITHOUT ROWID;

INSERT INTO new_one_time_tokens (token_hash, purpose, user_id, created_at, expires_at)
  SELECT token_hash, purpose, user_id, created_at, expires_at FROM one_time_tokens;
DROP TABLE one_time_tokens;
ALTER TABLE new_one_time_tokens RENAME TO one_time_tokens;

CREATE INDEX one_time_tokens_user ON one_time_tokens (user_id, purpose);
CREATE INDEX one_time_tokens_subject ON one_time_tokens (subject, purpose) WHERE subject IS NOT NULL;
CREATE INDEX one_time_tokens_expiry ON one_time_tokens (expires_at);
