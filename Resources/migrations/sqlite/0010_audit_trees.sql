-- The audit log as Merkle trees (RFC 6962): tiles of hashes, signed checkpoints, and what was removed from the front.
-- Nothing here is written when a record is: a job builds it afterwards.

CREATE TABLE audit_trees (
  organization_id  TEXT    NOT NULL PRIMARY KEY,
  size             INTEGER NOT NULL CHECK (size >= 0 AND size % 256 = 0),   -- records whose hashes are in tiles
  pruned           INTEGER NOT NULL DEFAULT 0 CHECK (pruned BETWEEN 0 AND size AND pruned % 256 = 0),
  pruned_hash      BLOB    CHECK (length(pruned_hash) = 32),                -- the chain's hash at that record
  pruned_at        INTEGER,
  pruned_signature BLOB    CHECK (length(pruned_signature) = 64),
  CHECK (pruned = 0 OR (pruned_hash IS NOT NULL AND pruned_at IS NOT NULL AND pruned_signature IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- Level 0 holds hashes of records, level n the roots of the full tiles of level n - 1; 256 of 32 bytes each.
CREATE TABLE audit_tiles (
  organization_id TEXT    NOT NULL,
  level           INTEGER NOT NULL CHECK (level BETWEEN 0 AND 7),
  position        INTEGER NOT NULL CHECK (position >= 0),
  hashes          BLOB    NOT NULL CHECK (length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0),
  PRIMARY KEY (organization_id, level, position)
) STRICT;

-- A Bloom filter for each full tile of records: who acted, which actions, on what. A search reads only the tiles whose
-- filter has what it looks for, and writing a record maintains no index.
CREATE TABLE audit_filters (
  organization_id TEXT    NOT NULL,
  position        INTEGER NOT NULL CHECK (position >= 0),
  bits            BLOB    NOT NULL CHECK (length(bits) = 512),
  PRIMARY KEY (organization_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_checkpoints (
  organization_id TEXT    NOT NULL,
  size            INTEGER NOT NULL CHECK (size > 0),
  root            BLOB    NOT NULL CHECK (length(root) = 32),
  at              INTEGER NOT NULL,
  public_key      BLOB    NOT NULL CHECK (length(public_key) = 32),
  signature       BLOB    NOT NULL CHECK (length(signature) = 64),
  PRIMARY KEY (organization_id, size)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER audit_trees_update BEFORE UPDATE ON audit_trees
WHEN NEW.organization_id IS NOT OLD.organization_id OR NEW.size < OLD.size OR NEW.pruned < OLD.pruned
BEGIN SELECT RAISE(ABORT, 'audit: a tree only grows'); END;
CREATE TRIGGER audit_trees_delete BEFORE DELETE ON audit_trees BEGIN
  SELECT RAISE(ABORT, 'audit: trees are not deleted');
END;
CREATE TRIGGER audit_tiles_update BEFORE UPDATE ON audit_tiles
WHEN NEW.organization_id IS NOT OLD.organization_id OR NEW.level IS NOT OLD.level OR NEW.position IS NOT OLD.position
  OR substr(NEW.hashes, 1, length(OLD.hashes)) IS NOT OLD.hashes
BEGIN SELECT RAISE(ABORT, 'audit: a tile only grows'); END;
CREATE TRIGGER audit_tiles_delete BEFORE DELETE ON audit_tiles BEGIN
  SELECT RAISE(ABORT, 'audit: tiles are not deleted');
END;
CREATE TRIGGER audit_filters_update BEFORE UPDATE ON audit_filters BEGIN
  SELECT RAISE(ABORT, 'audit: filters do not change');
END;
CREATE TRIGGER audit_checkpoints_update BEFORE UPDATE ON audit_checkpoints BEGIN
  SELECT RAISE(ABORT, 'audit: checkpoints do not change');
END;
CREATE TRIGGER audit_checkpoints_delete BEFORE DELETE ON audit_checkpoints BEGIN
  SELECT RAISE(ABORT, 'audit: checkpoints are not deleted');
END;

-- Retention removes from the front only, and only what a signed statement in audit_trees covers.
DROP TRIGGER audit_events_delete;
CREATE TRIGGER audit_events_delete BEFORE DELETE ON audit_events
WHEN OLD.sequence > coalesce((SELECT pruned FROM audit_trees WHERE organization_id = OLD.organization_id), 0)
BEGIN SELECT RAISE(ABORT, 'audit: records are not deleted'); END;
CREATE TRIGGER audit_filters_delete BEFORE DELETE ON audit_filters
WHEN (OLD.position + 1) * 256 >
  coalesce((SELECT pruned FROM audit_trees WHERE organization_id = OLD.organization_id), 0)
BEGIN SELECT RAISE(ABORT, 'audit: filters are not deleted'); END;
