-- Who stands behind an invitation, so that it ends when they may not invite any more.

ALTER TABLE invitations ADD COLUMN inviter_id TEXT;    -- a user; NULL: the instance itself, or made before this column
