-- Roles that an organisation made of permissions; members and invitations may have one in the place of the four.

CREATE TABLE custom_roles (
  id              TEXT    NOT NULL PRIMARY KEY,
  organization_id TEXT    NOT NULL REFERENCES organizations (id),
  name            TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 50),
  name_folded     TEXT    NOT NULL,              -- lower case
  permissions     TEXT    NOT NULL,              -- with blanks between
  version         INTEGER NOT NULL DEFAULT 1 CHECK (version > 0),
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL,
  deleted_at      INTEGER                        -- old invitations still name it; nobody has it
) STRICT, WITHOUT ROWID;

CREATE INDEX custom_roles_organization ON custom_roles (organization_id, id);
CREATE UNIQUE INDEX custom_roles_name ON custom_roles (organization_id, name_folded) WHERE deleted_at IS NULL;

-- With a custom role `role` says viewer, and is not asked.
ALTER TABLE members ADD COLUMN custom_role_id TEXT REFERENCES custom_roles (id)
  CHECK (custom_role_id IS NULL OR role = 'viewer');
ALTER TABLE invitations ADD COLUMN custom_role_id TEXT REFERENCES custom_roles (id)
  CHECK (custom_role_id IS NULL OR role = 'viewer');

CREATE INDEX members_custom_role ON members (custom_role_id) WHERE custom_role_id IS NOT NULL;
CREATE INDEX invitations_custom_role ON invitations (custom_role_id) WHERE custom_role_id IS NOT NULL;
