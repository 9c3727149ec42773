-- Holds: an amount that is promised on two accounts and moves later, in full or in part, or not at all (a two-phase
-- transfer). And the index for balances by effective time.
-- Why holds have rows of their own: docs/ledger.md. As in 0006, every rule is a RAISE, an existing key is refused
-- before the row is written, and what follows from a row is derived in the same statement, so there is no half of it.

-- Entries that count at another time than they were booked; most books have few.
CREATE INDEX ledger_entries_dated ON ledger_entries (organization_id, effective_at) WHERE effective_at <> booked_at;

CREATE TABLE ledger_holds (
  organization_id TEXT NOT NULL,
  id TEXT NOT NULL,
  debit_account_id TEXT NOT NULL,
  credit_account_id TEXT NOT NULL,
  currency TEXT NOT NULL,
  amount INTEGER NOT NULL,
  description TEXT NOT NULL CHECK (length(description) BETWEEN 1 AND 500),
  -- From then on it can't be posted; a job ends it.
  expires_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (organization_id, id)
) STRICT, WITHOUT ROWID;

-- How a hold ended: once. 'posted' is written by the entry that moves the money, and by nothing else.
CREATE TABLE ledger_hold_ends (
  organization_id TEXT NOT NULL,
  hold_id TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome = 'posted' OR outcome = 'voided' OR outcome = 'expired'),
  entry_seq INTEGER,
  -- What was moved; the rest of the hold is released.
  amount INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  PRIMARY KEY (organization_id, hold_id)
) STRICT, WITHOUT ROWID;

-- What is held by account, with the running totals: made by the triggers of the two tables above.
CREATE TABLE ledger_hold_lines (
  organization_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  hold_id TEXT NOT NULL,
  is_release INTEGER NOT NULL,
  debits_after INTEGER NOT NULL,
  credits_after INTEGER NOT NULL,
  PRIMARY KEY (organization_id, account_id, seq)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX ledger_hold_lines_hold ON ledger_hold_lines (organization_id, hold_id, account_id, is_release);

CREATE TRIGGER ledger_holds_check BEFORE INSERT ON ledger_holds BEGIN
  SELECT CASE
    WHEN EXISTS (SELECT 1 FROM ledger_holds WHERE organization_id = NEW.organization_id AND id = NEW.id)
      THEN RAISE(ABORT, 'ledger: hold exists')
    WHEN (NEW.id GLOB 'hold_[0-9a-z]*' AND substr(NEW.id, 6) NOT GLOB '*[^0-9a-z]*'
      AND NEW.debit_account_id <> NEW.credit_account_id AND length(NEW.description) BETWEEN 1 AND 500
      AND typeof(NEW.created_at) = 'integer' AND typeof(NEW.expires_at) = 'integer') IS NOT 1
      THEN RAISE(ABORT, 'ledger: hold is malformed')
    WHEN (typeof(NEW.amount) = 'integer' AND NEW.amount BETWEEN 1 AND 9007199254740991) IS NOT 1
      THEN RAISE(ABORT, 'ledger: amount is out of range')
    WHEN NEW.expires_at <= NEW.created_at THEN RAISE(ABORT, 'ledger: hold has expired')
    WHEN d.id IS NULL OR c.id IS NULL THEN RAISE(ABORT, 'ledger: no such account')
    WHEN d.currency IS NOT NEW.currency OR c.currency IS NOT NEW.currency
      THEN RAISE(ABORT, 'ledger: currency of the account differs')
    WHEN d.closed_at IS NOT NULL OR c.closed_at IS NOT NULL THEN RAISE(ABORT, 'ledger: account is closed')
    END
    FROM (SELECT 1) LEFT JOIN ledger_accounts d ON d.organization_id = NEW.organization_id
      AND d.id = NEW.debit_account_id
    LEFT JOIN ledger_accounts c ON c.organization_id = NEW.organization_id AND c.id = NEW.credit_account_id;
END;

CREATE TRIGGER ledger_holds_take AFTER INSERT ON ledger_holds BEGIN
  INSERT INTO ledger_hold_lines
    (organization_id, account_id, seq, hold_id, is_release, debits_after, credits_after)
    SELECT NEW.organization_id, s.account, ifnull(l.seq, 0) + 1, NEW.id, 0, ifnull(l.debits_after, 0) + s.debit,
      ifnull(l.credits_after, 0) + s.credit
    FROM (SELECT NEW.debit_account_id AS account, NEW.amount AS debit, 0 AS credit
      UNION ALL SELECT NEW.credit_account_id, 0, NEW.amount) s
    LEFT JOIN ledger_hold_lines l ON l.organization_id = NEW.organization_id AND l.account_id = s.account
      AND l.seq = (SELECT max(seq) FROM ledger_hold_lines q
        WHERE q.organization_id = NEW.organization_id AND q.account_id = s.account);
END;

CREATE TRIGGER ledger_hold_ends_check BEFORE INSERT ON ledger_hold_ends BEGIN
  SELECT CASE
    WHEN h.id IS NULL THEN RAISE(ABORT, 'ledger: no such hold')
    WHEN EXISTS (SELECT 1 FROM ledger_hold_ends
      WHERE organization_id = NEW.organization_id AND hold_id = NEW.hold_id) THEN RAISE(ABORT, 'ledger: hold has ended')
    WHEN (typeof(NEW.ended_at) = 'integer' AND (NEW.outcome = 'posted' AND e.seq IS NOT NULL
        AND instr(e.postings, '"' || h.debit_account_id || '":' || NEW.amount || ',') > 0
      OR (NEW.outcome = 'voided' OR NEW.outcome = 'expired' AND NEW.ended_at >= h.expires_at)
        AND NEW.entry_seq IS NULL AND NEW.amount = 0)) IS NOT 1
      THEN RAISE(ABORT, 'ledger: end of the hold is not so')
    END
    FROM (SELECT 1) LEFT JOIN ledger_holds h ON h.organization_id = NEW.organization_id AND h.id = NEW.hold_id
    LEFT JOIN ledger_entries e ON e.organization_id = NEW.organization_id AND e.seq = NEW.entry_seq
      AND e.source_type = 'ledger_hold' AND e.source_id = NEW.hold_id;
END;

CREATE TRIGGER ledger_hold_ends_release AFTER INSERT ON ledger_hold_ends BEGIN
  INSERT INTO ledger_hold_lines
    (organization_id, account_id, seq, hold_id, is_release, debits_after, credits_after)
    SELECT NEW.organization_id, s.account, ifnull(l.seq, 0) + 1, NEW.hold_id, 1, ifnull(l.debits_after, 0) - s.debit,
      ifnull(l.credits_after, 0) - s.credit
    FROM (SELECT debit_account_id AS account, amount AS debit, 0 AS credit FROM ledger_holds
        WHERE organization_id = NEW.organization_id AND id = NEW.hold_id
      UNION ALL SELECT credit_account_id, 0, amount FROM ledger_holds
        WHERE organization_id = NEW.organization_id AND id = NEW.hold_id) s
    LEFT JOIN ledger_hold_lines l ON l.organization_id = NEW.organization_id AND l.account_id = s.account
      AND l.seq = (SELECT max(seq) FROM ledger_hold_lines q
        WHERE q.organization_id = NEW.organization_id AND q.account_id = s.account);
END;

-- A line can only be what its hold or the hold's end says, once. Taking obeys the account's rule: what is posted and
-- what is held on one side must not exceed what is posted on the other.
CREATE TRIGGER ledger_hold_lines_check BEFORE INSERT ON ledger_hold_lines BEGIN
  SELECT CASE
    WHEN (NEW.account_id = h.debit_account_id OR NEW.account_id = h.credit_account_id) IS NOT 1
      OR (NEW.is_release = 0 AND e.hold_id IS NULL OR NEW.is_release = 1 AND e.hold_id IS NOT NULL) IS NOT 1
      OR EXISTS (SELECT 1 FROM ledger_hold_lines WHERE organization_id = NEW.organization_id
        AND hold_id = NEW.hold_id AND account_id = NEW.account_id AND is_release = NEW.is_release)
      THEN RAISE(ABORT, 'ledger: line is not its hold''s')
    WHEN NEW.seq IS NOT ifnull(l.seq, 0) + 1 THEN RAISE(ABORT, 'ledger: sequence gap or reuse')
    WHEN typeof(NEW.debits_after) IS NOT 'integer' OR typeof(NEW.credits_after) IS NOT 'integer'
      THEN RAISE(ABORT, 'ledger: balance is out of range')
    WHEN NEW.debits_after IS NOT ifnull(l.debits_after, 0)
        + (NEW.account_id = h.debit_account_id) * h.amount * (1 - 2 * NEW.is_release)
      OR NEW.credits_after IS NOT ifnull(l.credits_after, 0)
        + (NEW.account_id = h.credit_account_id) * h.amount * (1 - 2 * NEW.is_release)
      THEN RAISE(ABORT, 'ledger: running balance is wrong')
    WHEN NEW.is_release = 0 AND (a.rule = 'debit_only'
        AND ifnull(p.credits_after, 0) + NEW.credits_after > ifnull(p.debits_after, 0)
      OR a.rule = 'credit_only' AND ifnull(p.debits_after, 0) + NEW.debits_after > ifnull(p.credits_after, 0))
      THEN RAISE(ABORT, 'ledger: more than is available')
    END
    FROM (SELECT 1) LEFT JOIN ledger_holds h ON h.organization_id = NEW.organization_id AND h.id = NEW.hold_id
    LEFT JOIN ledger_hold_ends e ON e.organization_id = NEW.organization_id AND e.hold_id = NEW.hold_id
    LEFT JOIN ledger_accounts a ON a.organization_id = NEW.organization_id AND a.id = NEW.account_id
    LEFT JOIN ledger_hold_lines l ON l.organization_id = NEW.organization_id AND l.account_id = NEW.account_id
      AND l.seq = (SELECT max(seq) FROM ledger_hold_lines
        WHERE organization_id = NEW.organization_id AND account_id = NEW.account_id)
    LEFT JOIN ledger_postings p ON p.organization_id = NEW.organization_id AND p.account_id = NEW.account_id
      AND p.seq = (SELECT max(seq) FROM ledger_postings
        WHERE organization_id = NEW.organization_id AND account_id = NEW.account_id);
END;

-- An entry whose source is a hold posts that hold: its two accounts, and no more than was held.
CREATE TRIGGER ledger_entries_hold BEFORE INSERT ON ledger_entries WHEN NEW.source_type = 'ledger_hold' BEGIN
  SELECT CASE
    WHEN h.id IS NULL THEN RAISE(ABORT, 'ledger: no such hold')
    WHEN EXISTS (SELECT 1 FROM ledger_hold_ends
      WHERE organization_id = NEW.organization_id AND hold_id = NEW.source_id)
      THEN RAISE(ABORT, 'ledger: hold has ended')
    WHEN NEW.booked_at >= h.expires_at THEN RAISE(ABORT, 'ledger: hold has expired')
    WHEN (NEW.kind = 'hold_posted' AND NEW.currency = h.currency
      AND (SELECT j.value BETWEEN 1 AND h.amount AND NEW.postings = '{"' || h.debit_account_id || '":' || j.value
          || ',"' || h.credit_account_id || '":-' || j.value || '}'
        FROM json_each(NEW.postings) j WHERE j.key = h.debit_account_id)) IS NOT 1
      THEN RAISE(ABORT, 'ledger: entry is not its hold''s')
    END
    FROM (SELECT 1) LEFT JOIN ledger_holds h ON h.organization_id = NEW.organization_id AND h.id = NEW.source_id;
END;

-- A posting on an account that ever had a hold: ends the hold that its entry posts, then judges what is left.
-- In one trigger, because the order of several is not defined.
CREATE TRIGGER ledger_postings_held BEFORE INSERT ON ledger_postings
  WHEN EXISTS (SELECT 1 FROM ledger_hold_lines
    WHERE organization_id = NEW.organization_id AND account_id = NEW.account_id)
BEGIN
  INSERT INTO ledger_hold_ends (organization_id, hold_id, outcome, entry_seq, amount, ended_at)
    SELECT e.organization_id, e.source_id, 'posted', e.seq, abs(NEW.amount), e.booked_at FROM ledger_entries e
    WHERE e.organization_id = NEW.organization_id AND e.seq = NEW.seq AND e.source_type = 'ledger_hold'
      AND NOT EXISTS (SELECT 1 FROM ledger_hold_ends
        WHERE organization_id = NEW.organization_id AND hold_id = e.source_id);
  SELECT RAISE(ABORT, 'ledger: more than is available')
    FROM ledger_accounts a JOIN ledger_hold_lines l ON l.organization_id = a.organization_id AND l.account_id = a.id
    WHERE a.organization_id = NEW.organization_id AND a.id = NEW.account_id
      AND l.seq = (SELECT max(seq) FROM ledger_hold_lines
        WHERE organization_id = NEW.organization_id AND account_id = NEW.account_id)
      AND (l.debits_after > 0 OR l.credits_after > 0)
      AND (a.rule = 'debit_only' AND NEW.credits_after + l.credits_after > NEW.debits_after
        OR a.rule = 'credit_only' AND NEW.debits_after + l.debits_after > NEW.credits_after);
END;

CREATE TRIGGER ledger_accounts_held BEFORE UPDATE OF closed_at ON ledger_accounts WHEN NEW.closed_at IS NOT NULL BEGIN
  SELECT RAISE(ABORT, 'ledger: account has holds') FROM ledger_hold_lines l
    WHERE l.organization_id = NEW.organization_id AND l.account_id = NEW.id
      AND l.seq = (SELECT max(seq) FROM ledger_hold_lines
        WHERE organization_id = NEW.organization_id AND account_id = NEW.id)
      AND (l.debits_after > 0 OR l.credits_after > 0);
END;

CREATE TRIGGER ledger_holds_no_update BEFORE UPDATE ON ledger_holds BEGIN
  SELECT RAISE(ABORT, 'ledger: holds are never changed');
END;

CREATE TRIGGER ledger_holds_no_delete BEFORE DELETE ON ledger_holds BEGIN
  SELECT RAISE(ABORT, 'ledger: holds are never deleted');
END;

CREATE TRIGGER ledger_hold_ends_no_update BEFORE UPDATE ON ledger_hold_ends BEGIN
  SELECT RAISE(ABORT, 'ledger: ends of holds are never changed');
END;

CREATE TRIGGER ledger_hold_ends_no_delete BEFORE DELETE ON ledger_hold_ends BEGIN
  SELECT RAISE(ABORT, 'ledger: ends of holds are never deleted');
END;

CREATE TRIGGER ledger_hold_lines_no_update BEFORE UPDATE ON ledger_hold_lines BEGIN
  SELECT RAISE(ABORT, 'ledger: lines of holds are never changed');
END;

CREATE TRIGGER ledger_hold_lines_no_delete BEFORE DELETE ON ledger_hold_lines BEGIN
  SELECT RAISE(ABORT, 'ledger: lines of holds are never deleted');
END;
