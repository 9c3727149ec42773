-- What belongs to the instance: its settings and keys, and the answers kept for idempotent requests.

CREATE TABLE instance_settings (
  name       TEXT    NOT NULL PRIMARY KEY,
  value      TEXT    NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

-- Keys are random bytes sealed with the master key (AES-256-GCM); the master key is never in the file.
CREATE TABLE instance_keys (
  name       TEXT    NOT NULL PRIMARY KEY,
  sealed     BLOB    NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE idempotency_keys (
  scope        TEXT    NOT NULL,                 -- the organisation, or 'instance'
  principal    TEXT    NOT NULL,
  key          TEXT    NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
  request_hash BLOB    NOT NULL CHECK (length(request_hash) = 32),
  status       INTEGER CHECK (status BETWEEN 200 AND 599),   -- NULL while the request is running
  body         BLOB,
  created_at   INTEGER NOT NULL,
  lease_until  INTEGER NOT NULL,
  PRIMARY KEY (scope, principal, key)
) STRICT;

CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);
