-- What narrows a key, how keys are rotated, and how organisations and people are suspended and deleted.

ALTER TABLE api_keys ADD COLUMN permissions TEXT;      -- with blanks between; NULL: everything the role holds
ALTER TABLE api_keys ADD COLUMN ranges TEXT;           -- addresses and networks with blanks between; NULL: anywhere
ALTER TABLE api_keys ADD COLUMN is_test INTEGER NOT NULL DEFAULT 0 CHECK (is_test IN (0, 1));
ALTER TABLE api_keys ADD COLUMN rotated_to TEXT;       -- the key that takes its place

ALTER TABLE invitations ADD COLUMN sent_at INTEGER;    -- when the newest mail was sent; NULL: when it was made

ALTER TABLE organizations ADD COLUMN suspended_at INTEGER;
ALTER TABLE organizations ADD COLUMN suspended_because TEXT;
ALTER TABLE organizations ADD COLUMN deletion_at INTEGER;   -- when everything goes, unless it is undone before
ALTER TABLE organizations ADD COLUMN deleted_at INTEGER;    -- when everything went

CREATE INDEX organizations_deletion ON organizations (deletion_at) WHERE deletion_at IS NOT NULL;

ALTER TABLE users ADD COLUMN suspended_at INTEGER;
ALTER TABLE users ADD COLUMN suspended_because TEXT;
