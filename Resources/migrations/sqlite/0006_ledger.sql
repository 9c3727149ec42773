-- The double-entry ledger: an entry is one row, written by one INSERT. Triggers check it and derive the rest
-- within that statement, and nothing is ever changed afterwards, so the rules hold for whoever writes, this program
-- or a shell.
-- Why it is built like this: docs/decisions/0002-ledger-invariants.md.

-- One book for each organisation.
CREATE TABLE ledger_books (
  organization_id TEXT NOT NULL PRIMARY KEY,
  -- No entry may be effective at or before this time; it only moves forward. 0: nothing is closed.
  closed_through INTEGER NOT NULL CHECK (closed_through >= 0),
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Accounts carry no balance: it stands in the newest posting.
CREATE TABLE ledger_accounts (
  organization_id TEXT NOT NULL REFERENCES ledger_books (organization_id),
  id TEXT NOT NULL,
  code TEXT NOT NULL CHECK (length(code) BETWEEN 1 AND 40),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  type TEXT NOT NULL
    CHECK (type = 'asset' OR type = 'liability' OR type = 'equity' OR type = 'income' OR type = 'expense'),
  contra INTEGER NOT NULL CHECK (contra IN (0, 1)),
  currency TEXT NOT NULL CHECK (length(currency) = 3),
  -- The customer or provider the account is kept for; empty: shared.
  owner_id TEXT NOT NULL CHECK (length(owner_id) <= 100),
  -- Which side the balance must lie on after every entry.
  rule TEXT NOT NULL CHECK (rule = 'any' OR rule = 'debit_only' OR rule = 'credit_only'),
  closed_at INTEGER,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (organization_id, id),
  UNIQUE (organization_id, code, currency, owner_id)
) STRICT, WITHOUT ROWID;

-- The journal, a chain per book: hash = SHA-256 of previous_hash and of the row's other columns in a fixed spelling.
CREATE TABLE ledger_entries (
  organization_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  -- The business fact that is booked; booked once for each kind.
  source_type TEXT,
  source_id TEXT,
  reverses_id TEXT,
  -- Joins the entries of one event, such as the two currencies of an exchange.
  group_id TEXT,
  currency TEXT NOT NULL,
  -- When it counts, and when it was written; the second never runs backwards.
  effective_at INTEGER NOT NULL,
  booked_at INTEGER NOT NULL,
  -- {"account id": amount, …}: minor units, debits positive, credits negative, together 0.
  postings TEXT NOT NULL,
  description TEXT NOT NULL,
  previous_hash BLOB NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (organization_id, seq)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX ledger_entries_id ON ledger_entries (organization_id, id);

CREATE UNIQUE INDEX ledger_entries_source ON ledger_entries (organization_id, source_type, source_id, kind)
  WHERE source_type IS NOT NULL;

CREATE UNIQUE INDEX ledger_entries_reversal ON ledger_entries (organization_id, reverses_id)
  WHERE reverses_id IS NOT NULL;

-- The same money by account, with the running totals: made by the entry's trigger and by nobody else.
CREATE TABLE ledger_postings (
  organization_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  amount INTEGER NOT NULL,
  debits_after INTEGER NOT NULL,
  credits_after INTEGER NOT NULL,
  effective_at INTEGER NOT NULL,
  PRIMARY KEY (organization_id, account_id, seq)
) STRICT, WITHOUT ROWID;

-- Every rule is a RAISE rather than a constraint alone: constraints can be switched off (ignore_check_constraints,
-- foreign_keys), and OR REPLACE or OR IGNORE would turn a broken constraint into a deletion or a silent gap.
CREATE TRIGGER ledger_entries_check BEFORE INSERT ON ledger_entries BEGIN
  SELECT CASE
    WHEN b.closed_through IS NULL THEN RAISE(ABORT, 'ledger: no such book')
    WHEN NEW.seq IS NOT ifnull(h.seq, 0) + 1 THEN RAISE(ABORT, 'ledger: sequence gap or reuse')
    WHEN NEW.previous_hash IS NOT ifnull(h.hash, zeroblob(32)) OR length(NEW.hash) IS NOT 32
      OR typeof(NEW.hash) IS NOT 'blob' THEN RAISE(ABORT, 'ledger: broken hash link')
    WHEN NEW.booked_at < h.booked_at THEN RAISE(ABORT, 'ledger: booked before the entry ahead of it')
    WHEN NEW.effective_at <= b.closed_through THEN RAISE(ABORT, 'ledger: period is closed')
    WHEN (NEW.kind <> '' AND length(NEW.currency) = 3 AND NEW.id GLOB 'je_[0-9a-z]*'
      AND (NEW.source_type IS NULL) = (NEW.source_id IS NULL) AND NEW.source_type IS NOT ''
      AND NEW.source_id IS NOT '' AND NEW.group_id IS NOT ''
      AND instr(NEW.id || NEW.kind || NEW.currency || ifnull(NEW.source_type || NEW.source_id, '')
        || ifnull(NEW.group_id, '') || NEW.postings, char(10)) = 0) IS NOT 1
      THEN RAISE(ABORT, 'ledger: entry is malformed')
    WHEN EXISTS (SELECT 1 FROM ledger_entries WHERE organization_id = NEW.organization_id AND id = NEW.id)
      THEN RAISE(ABORT, 'ledger: entry exists')
    WHEN NEW.source_type IS NOT NULL AND EXISTS (
      SELECT 1 FROM ledger_entries WHERE organization_id = NEW.organization_id AND source_type = NEW.source_type
        AND source_id = NEW.source_id AND kind = NEW.kind AND source_type IS NOT NULL)
      THEN RAISE(ABORT, 'ledger: fact is already booked')
    END
    FROM (SELECT 1) LEFT JOIN ledger_books b ON b.organization_id = NEW.organization_id
    LEFT JOIN ledger_entries h ON h.organization_id = NEW.organization_id
      AND h.seq = (SELECT max(seq) FROM ledger_entries WHERE organization_id = NEW.organization_id);
  SELECT CASE
    WHEN NOT EXISTS (SELECT 1 FROM ledger_entries WHERE organization_id = NEW.organization_id
      AND id = NEW.reverses_id) THEN RAISE(ABORT, 'ledger: nothing to reverse')
    WHEN EXISTS (SELECT 1 FROM ledger_entries WHERE organization_id = NEW.organization_id
      AND reverses_id = NEW.reverses_id AND reverses_id IS NOT NULL)
      THEN RAISE(ABORT, 'ledger: entry is already reversed')
    END
    WHERE NEW.reverses_id IS NOT NULL;
  SELECT CASE
    WHEN count(*) NOT BETWEEN 2 AND 200 THEN RAISE(ABORT, 'ledger: an entry has 2 to 200 postings')
    WHEN max(type IS NOT 'integer' OR value = 0 OR value NOT BETWEEN -9007199254740991 AND 9007199254740991)
      THEN RAISE(ABORT, 'ledger: amount is out of range')
    WHEN sum(value) <> 0 THEN RAISE(ABORT, 'ledger: entry is unbalanced')
    END
    FROM json_each(NEW.postings);
END;

CREATE TRIGGER ledger_entries_post AFTER INSERT ON ledger_entries BEGIN
  INSERT INTO ledger_postings
    (organization_id, account_id, seq, amount, debits_after, credits_after, effective_at)
    SELECT NEW.organization_id, l.key, NEW.seq, l.value, ifnull(p.debits_after, 0) + max(l.value, 0),
      ifnull(p.credits_after, 0) - min(l.value, 0), NEW.effective_at
    FROM json_each(NEW.postings) l
    LEFT JOIN ledger_postings p ON p.organization_id = NEW.organization_id AND p.account_id = l.key
      AND p.seq = (SELECT max(seq) FROM ledger_postings q
        WHERE q.organization_id = NEW.organization_id AND q.account_id = l.key);
END;

-- A posting can only be what its entry says, once, and can only continue the account's running totals.
-- The entry's postings have one spelling, so its part is found as text: one more json_each would parse it all again.
CREATE TRIGGER ledger_postings_check BEFORE INSERT ON ledger_postings BEGIN
  SELECT CASE
    WHEN a.id IS NULL THEN RAISE(ABORT, 'ledger: no such account')
    WHEN a.currency IS NOT e.currency AND e.seq IS NOT NULL THEN RAISE(ABORT, 'ledger: currency of the account differs')
    WHEN a.closed_at IS NOT NULL THEN RAISE(ABORT, 'ledger: account is closed')
    WHEN ifnull(instr(rtrim(e.postings, '}') || ',', '"' || NEW.account_id || '":' || NEW.amount || ','), 0) = 0
      OR e.effective_at IS NOT NEW.effective_at OR p.seq >= NEW.seq
      THEN RAISE(ABORT, 'ledger: posting is not its entry''s')
    WHEN typeof(NEW.debits_after) IS NOT 'integer' OR typeof(NEW.credits_after) IS NOT 'integer'
      THEN RAISE(ABORT, 'ledger: balance is out of range')
    WHEN NEW.debits_after IS NOT ifnull(p.debits_after, 0) + max(NEW.amount, 0)
      OR NEW.credits_after IS NOT ifnull(p.credits_after, 0) - min(NEW.amount, 0)
      THEN RAISE(ABORT, 'ledger: running balance is wrong')
    WHEN a.rule = 'debit_only' AND NEW.credits_after > NEW.debits_after
      OR a.rule = 'credit_only' AND NEW.debits_after > NEW.credits_after
      THEN RAISE(ABORT, 'ledger: balance on the wrong side')
    END
    FROM (SELECT 1) LEFT JOIN ledger_accounts a ON a.organization_id = NEW.organization_id AND a.id = NEW.account_id
    LEFT JOIN ledger_entries e ON e.organization_id = NEW.organization_id AND e.seq = NEW.seq
    LEFT JOIN ledger_postings p ON p.organization_id = NEW.organization_id AND p.account_id = NEW.account_id
      AND p.seq = (SELECT max(seq) FROM ledger_postings
        WHERE organization_id = NEW.organization_id AND account_id = NEW.account_id);
END;

CREATE TRIGGER ledger_entries_no_update BEFORE UPDATE ON ledger_entries BEGIN
  SELECT RAISE(ABORT, 'ledger: entries are never changed');
END;

CREATE TRIGGER ledger_entries_no_delete BEFORE DELETE ON ledger_entries BEGIN
  SELECT RAISE(ABORT, 'ledger: entries are never deleted');
END;

CREATE TRIGGER ledger_postings_no_update BEFORE UPDATE ON ledger_postings BEGIN
  SELECT RAISE(ABORT, 'ledger: postings are never changed');
END;

CREATE TRIGGER ledger_postings_no_delete BEFORE DELETE ON ledger_postings BEGIN
  SELECT RAISE(ABORT, 'ledger: postings are never deleted');
END;

-- OR REPLACE deletes the old row without its delete triggers (recursive_triggers is off by default), so an existing key
-- is refused before the row is written. The identifier's alphabet keeps it a plain key of the postings' JSON.
CREATE TRIGGER ledger_accounts_check BEFORE INSERT ON ledger_accounts BEGIN
  SELECT CASE
    WHEN EXISTS (SELECT 1 FROM ledger_accounts WHERE organization_id = NEW.organization_id AND id = NEW.id)
      OR EXISTS (SELECT 1 FROM ledger_accounts WHERE organization_id = NEW.organization_id AND code = NEW.code
        AND currency = NEW.currency AND owner_id = NEW.owner_id) THEN RAISE(ABORT, 'ledger: account exists')
    WHEN NOT EXISTS (SELECT 1 FROM ledger_books WHERE organization_id = NEW.organization_id)
      THEN RAISE(ABORT, 'ledger: no such book')
    WHEN NEW.id NOT GLOB 'acc_[0-9a-z]*' OR substr(NEW.id, 5) GLOB '*[^0-9a-z]*' OR length(NEW.currency) IS NOT 3
      OR (NEW.rule = 'any' OR NEW.rule = 'debit_only' OR NEW.rule = 'credit_only') IS NOT 1
      OR (NEW.type = 'asset' OR NEW.type = 'liability' OR NEW.type = 'equity' OR NEW.type = 'income'
        OR NEW.type = 'expense') IS NOT 1
      THEN RAISE(ABORT, 'ledger: account is malformed')
    END;
END;

CREATE TRIGGER ledger_accounts_fixed BEFORE UPDATE OF organization_id, id, code, type, contra, currency, owner_id, rule,
  created_at ON ledger_accounts BEGIN
  SELECT RAISE(ABORT, 'ledger: only the name of an account changes, and whether it is closed');
END;

CREATE TRIGGER ledger_accounts_no_delete BEFORE DELETE ON ledger_accounts BEGIN
  SELECT RAISE(ABORT, 'ledger: accounts are never deleted');
END;

CREATE TRIGGER ledger_books_check BEFORE INSERT ON ledger_books BEGIN
  SELECT RAISE(ABORT, 'ledger: book exists')
    WHERE EXISTS (SELECT 1 FROM ledger_books WHERE organization_id = NEW.organization_id);
END;

CREATE TRIGGER ledger_books_forward BEFORE UPDATE ON ledger_books BEGIN
  SELECT CASE
    WHEN NEW.organization_id IS NOT OLD.organization_id OR NEW.created_at IS NOT OLD.created_at
      THEN RAISE(ABORT, 'ledger: books are never changed')
    WHEN NEW.closed_through < OLD.closed_through THEN RAISE(ABORT, 'ledger: a closed period stays closed')
    END;
END;

CREATE TRIGGER ledger_books_no_delete BEFORE DELETE ON ledger_books BEGIN
  SELECT RAISE(ABORT, 'ledger: books are never deleted');
END;
