-- Sign-ins through providers that were completed, so that none is completed twice. Those under way are in the browser.

CREATE TABLE finished_sign_ins (
  state_hash BLOB    NOT NULL PRIMARY KEY CHECK (length(state_hash) = 32),   -- SHA-256 of the parameter `state`
  expires_at INTEGER NOT NULL                                               -- when its cookie has ended
) STRICT, WITHOUT ROWID;

CREATE INDEX finished_sign_ins_expiry ON finished_sign_ins (expires_at);
