-- People: accounts, their sessions, and the one-time links that set up, reset and invite.

CREATE TABLE users (
  id            TEXT    NOT NULL PRIMARY KEY,
  email         TEXT    NOT NULL,                -- as it was typed
  email_folded  TEXT    NOT NULL UNIQUE,         -- lower case
  name          TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  password_hash TEXT,                            -- PHC string (argon2id); NULL: no sign-in by password
  is_operator   INTEGER NOT NULL DEFAULT 0 CHECK (is_operator IN (0, 1)),
  verified_at   INTEGER,                         -- when the mailbox was last shown to be theirs
  version       INTEGER NOT NULL DEFAULT 1 CHECK (version > 0),
  created_at    INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
  id           TEXT    NOT NULL PRIMARY KEY,
  user_id      TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_hash   BLOB    NOT NULL UNIQUE CHECK (length(token_hash) = 32),   -- SHA-256 of the token
  user_agent   TEXT,
  address      TEXT,
  created_at   INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,                 -- to the minute
  expires_at   INTEGER NOT NULL CHECK (expires_at > created_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_user ON sessions (user_id, id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE one_time_tokens (
  token_hash BLOB    NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
  purpose    TEXT    NOT NULL CHECK (purpose IN ('set_up', 'password_reset')),
  user_id    TEXT    REFERENCES users (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL CHECK (expires_at > created_at),
  CHECK ((purpose = 'set_up') = (user_id IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX one_time_tokens_user ON one_time_tokens (user_id, purpose);
CREATE INDEX one_time_tokens_expiry ON one_time_tokens (expires_at);
