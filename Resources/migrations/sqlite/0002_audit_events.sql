-- The audit log (append-only, one hash chain per organisation) and the domain events.

CREATE TABLE audit_events (
  organization_id TEXT    NOT NULL,              -- 'instance' for what belongs to no organisation
  sequence        INTEGER NOT NULL CHECK (sequence > 0),
  at              INTEGER NOT NULL,
  actor_kind      TEXT    NOT NULL
    -- Not IN: of more than two values SQLite builds a table, anew for each row.
    CHECK (actor_kind = 'user' OR actor_kind = 'api_key' OR actor_kind = 'system' OR actor_kind = 'anonymous'),
  actor_id        TEXT    NOT NULL,
  actor_display   TEXT    NOT NULL,
  request_id      TEXT,
  address         TEXT,
  action          TEXT    NOT NULL,
  target_kind     TEXT    NOT NULL,
  target_id       TEXT    NOT NULL,
  details         TEXT    NOT NULL,
  -- SHA-256 of the hash before it and of the other columns in a fixed spelling.
  hash            BLOB    NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (organization_id, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_heads (
  organization_id TEXT    NOT NULL PRIMARY KEY,
  sequence        INTEGER NOT NULL,
  hash            BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER audit_events_follow BEFORE INSERT ON audit_events BEGIN
  SELECT RAISE(ABORT, 'audit: a record must follow the newest one')
  WHERE NEW.sequence IS NOT
    1 + coalesce((SELECT sequence FROM audit_heads WHERE organization_id = NEW.organization_id), 0);
END;
CREATE TRIGGER audit_events_lead AFTER INSERT ON audit_events BEGIN
  INSERT INTO audit_heads (organization_id, sequence, hash) VALUES (NEW.organization_id, NEW.sequence, NEW.hash)
  ON CONFLICT (organization_id) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash;
END;
CREATE TRIGGER audit_events_update BEFORE UPDATE ON audit_events BEGIN
  SELECT RAISE(ABORT, 'audit: records do not change');
END;
CREATE TRIGGER audit_events_delete BEFORE DELETE ON audit_events BEGIN
  SELECT RAISE(ABORT, 'audit: records are not deleted');
END;
CREATE TRIGGER audit_heads_update BEFORE UPDATE ON audit_heads
WHEN NEW.sequence IS NOT OLD.sequence + 1 OR NEW.organization_id IS NOT OLD.organization_id
BEGIN SELECT RAISE(ABORT, 'audit: the head follows the newest record'); END;
CREATE TRIGGER audit_heads_delete BEFORE DELETE ON audit_heads BEGIN
  SELECT RAISE(ABORT, 'audit: heads are not deleted');
END;

CREATE TABLE events (
  organization_id TEXT    NOT NULL,
  id              TEXT    NOT NULL,
  type            TEXT    NOT NULL,              -- 'invoice.paid'
  at              INTEGER NOT NULL,
  subject_id      TEXT    NOT NULL,
  data            TEXT    NOT NULL,
  PRIMARY KEY (organization_id, id)
) STRICT, WITHOUT ROWID;
