-- Subscriptions that keep their anchor, their watermark and what is to come; dunning, revenue, and the clock's guard.

CREATE TABLE subscriptions_before AS SELECT * FROM subscriptions;
DROP TABLE subscriptions;
CREATE TABLE subscriptions (
  organization_id TEXT    NOT NULL PRIMARY KEY REFERENCES organizations (id),
  plan_code       TEXT    NOT NULL REFERENCES plans (code),
  currency        TEXT    NOT NULL CHECK (length(currency) = 3),
  period          TEXT    NOT NULL CHECK (period IN ('month', 'quarter', 'year')),
  state           TEXT    NOT NULL CHECK (state IN ('trialing', 'active', 'past_due', 'paused', 'cancelled')),
  price_id        TEXT    REFERENCES prices (id),    -- what was bought; NULL: nothing was
  quantity        INTEGER NOT NULL DEFAULT 1 CHECK (quantity BETWEEN 0 AND 9007199254740991),    -- seats
  open_price_id   TEXT    REFERENCES prices (id),    -- what the open invoice puts in force
  open_quantity   INTEGER CHECK (open_quantity BETWEEN 0 AND 9007199254740991),
  next_price_id   TEXT    REFERENCES prices (id),    -- what the next period is of, after a change for its start
  next_quantity   INTEGER CHECK (next_quantity BETWEEN 0 AND 9007199254740991),
  trial_ends_at   INTEGER,                       -- kept for ever: a trial is given once
  period_start    INTEGER,
  period_end      INTEGER,
  billed_through  INTEGER,                       -- the watermark: what lies before is invoiced; NULL: nothing to bill
  anchor_wall     INTEGER,                       -- the wall clock of the first border, as if it were UTC
  anchor_months   INTEGER NOT NULL DEFAULT 0,    -- so many months after it lies billed_through
  time_zone       TEXT    NOT NULL DEFAULT 'UTC' CHECK (length(time_zone) BETWEEN 1 AND 40),
  cancels_at      INTEGER,
  cancelled_at    INTEGER,
  pauses_at       INTEGER,
  limited_at      INTEGER,                       -- since when only reading and billing work, because nobody paid
  parked_at       INTEGER,                       -- since when nothing is billed, because something is wrong
  parked_because  TEXT,
  open_invoice_id TEXT,                          -- what to pay to get or keep a plan
  paid_invoice_id TEXT,                          -- what paid for the present period
  version         INTEGER NOT NULL DEFAULT 1 CHECK (version > 0),
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL,
  CHECK (state <> 'trialing' OR trial_ends_at IS NOT NULL),
  CHECK (billed_through IS NULL OR anchor_wall IS NOT NULL),
  CHECK ((parked_at IS NULL) = (parked_because IS NULL))
) STRICT, WITHOUT ROWID;

-- Periods that were sold before began at the later day of their two borders: 28 February came from the 31st, perhaps.
INSERT INTO subscriptions (organization_id, plan_code, currency, period, state, price_id, quantity, open_price_id,
    open_quantity, trial_ends_at, period_start, period_end, billed_through, anchor_wall, anchor_months, cancels_at,
    cancelled_at, open_invoice_id, paid_invoice_id, version, created_at, updated_at)
  SELECT s.organization_id, s.plan_code, s.currency, s.period, s.state, s.price_id, s.quantity, s.open_price_id,
    CASE WHEN s.open_price_id IS NULL THEN NULL ELSE s.quantity END, s.trial_ends_at, s.period_start, s.period_end,
    CASE WHEN s.state = 'past_due' THEN coalesce(i.period_end, s.period_end) ELSE s.period_end END,
    CASE WHEN s.period_start IS NOT NULL AND s.state <> 'trialing'
        AND strftime('%d', s.period_start / 1000, 'unixepoch')
          >= strftime('%d', s.period_end / 1000, 'unixepoch') THEN s.period_start ELSE s.period_end END,
    CASE WHEN s.period_start IS NOT NULL AND s.state <> 'trialing'
        AND strftime('%d', s.period_start / 1000, 'unixepoch')
          >= strftime('%d', s.period_end / 1000, 'unixepoch')
      THEN CASE s.period WHEN 'month' THEN 1 WHEN 'quarter' THEN 3 ELSE 12 END ELSE 0 END
      + CASE WHEN s.state = 'past_due' AND i.id IS NOT NULL
        THEN CASE s.period WHEN 'month' THEN 1 WHEN 'quarter' THEN 3 ELSE 12 END ELSE 0 END,
    s.cancels_at, s.cancelled_at, s.open_invoice_id, s.paid_invoice_id, s.version, s.created_at, s.updated_at
  FROM subscriptions_before s LEFT JOIN invoices i ON i.id = s.open_invoice_id;

DROP TABLE subscriptions_before;

CREATE INDEX subscriptions_due ON subscriptions (state, billed_through);
CREATE INDEX subscriptions_parked ON subscriptions (parked_at) WHERE parked_at IS NOT NULL;

-- One row for every period that was invoiced: what makes billing a period twice impossible.
CREATE TABLE billed_periods (
  organization_id TEXT    NOT NULL REFERENCES organizations (id),
  invoice_id      TEXT    NOT NULL REFERENCES invoices (id),
  start_at        INTEGER NOT NULL,
  end_at          INTEGER NOT NULL CHECK (end_at >= start_at),
  billed_at       INTEGER NOT NULL,
  PRIMARY KEY (organization_id, start_at, invoice_id)
) STRICT, WITHOUT ROWID;

INSERT INTO billed_periods (organization_id, invoice_id, start_at, end_at, billed_at)
  SELECT i.organization_id, i.id, i.period_start, i.period_end, i.issued_at FROM invoices i
  JOIN subscriptions s ON s.organization_id = i.organization_id AND i.id IN (s.paid_invoice_id, s.open_invoice_id)
  WHERE s.state <> 'cancelled' AND i.state <> 'void';

CREATE TRIGGER billed_periods_once BEFORE INSERT ON billed_periods
WHEN EXISTS (SELECT 1 FROM billed_periods p WHERE p.organization_id = NEW.organization_id
  AND p.start_at < NEW.end_at AND p.end_at > NEW.start_at)
BEGIN SELECT RAISE(ABORT, 'billing: this period is invoiced already'); END;

-- When and what to do about an invoice that is not paid.
CREATE TABLE dunning_policies (
  plan_code     TEXT    NOT NULL PRIMARY KEY REFERENCES plans (code),
  reminder_days TEXT    NOT NULL,                -- JSON list: days after the due date
  grace_days    INTEGER NOT NULL CHECK (grace_days BETWEEN 0 AND 365),
  cancel_days   INTEGER NOT NULL CHECK (cancel_days BETWEEN 1 AND 365),
  updated_at    INTEGER NOT NULL,
  CHECK (cancel_days > grace_days)
) STRICT, WITHOUT ROWID;

CREATE TABLE dunning_steps (
  organization_id TEXT    NOT NULL REFERENCES organizations (id),
  invoice_id      TEXT    NOT NULL REFERENCES invoices (id),
  position        INTEGER NOT NULL CHECK (position > 0),
  action          TEXT    NOT NULL CHECK (action IN ('remind', 'read_only', 'cancel')),
  due_at          INTEGER NOT NULL,
  state           TEXT    NOT NULL CHECK (state IN ('planned', 'done', 'skipped')),
  done_at         INTEGER,
  note            TEXT    NOT NULL DEFAULT '',
  PRIMARY KEY (invoice_id, position),
  CHECK ((state = 'planned') = (done_at IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX dunning_steps_due ON dunning_steps (due_at, invoice_id) WHERE state = 'planned';
CREATE INDEX dunning_steps_organization ON dunning_steps (organization_id, invoice_id);

-- What was invoiced and is earned over time: one row for a line, whatever is left of it in account 2000.
CREATE TABLE revenue_schedules (
  id              TEXT    NOT NULL PRIMARY KEY,
  organization_id TEXT    NOT NULL REFERENCES organizations (id),
  invoice_id      TEXT    NOT NULL REFERENCES invoices (id),
  position        INTEGER NOT NULL CHECK (position > 0),    -- of the invoice's line
  is_plan         INTEGER NOT NULL CHECK (is_plan IN (0, 1)),    -- a change of the plan gives the rest of it back
  currency        TEXT    NOT NULL CHECK (length(currency) = 3),
  amount          INTEGER NOT NULL,              -- what the line was invoiced with, without tax
  whole           INTEGER NOT NULL,              -- the price of the whole period, of which the line may be a part
  start_day       INTEGER NOT NULL,              -- the whole period, in days since 1970 in the customer's zone
  end_day         INTEGER NOT NULL CHECK (end_day >= start_day),
  from_day        INTEGER NOT NULL CHECK (from_day >= start_day),
  before          INTEGER NOT NULL DEFAULT 0,    -- recognised before a credit note changed the plan
  recognised      INTEGER NOT NULL DEFAULT 0,
  released        INTEGER NOT NULL DEFAULT 0,    -- given back before it was earned
  ended_by        TEXT,                          -- the invoice of the change that gave the rest back
  ended_rest      INTEGER NOT NULL DEFAULT 0,    -- how much that was
  through_day     INTEGER NOT NULL,              -- recognised up to this day, without it
  next_at         INTEGER,                       -- when the next month of it is earned; NULL: not begun, or over
  created_at      INTEGER NOT NULL,
  UNIQUE (invoice_id, position),
  CHECK (amount < 0 OR recognised + released <= amount)
) STRICT, WITHOUT ROWID;

CREATE INDEX revenue_schedules_next ON revenue_schedules (next_at, id) WHERE next_at IS NOT NULL;
CREATE INDEX revenue_schedules_organization ON revenue_schedules (organization_id, id);

-- What was invoiced before: paid ones are earned from their first day on, month by month, as if they had always been.
INSERT INTO revenue_schedules (id, organization_id, invoice_id, position, is_plan, currency, amount, whole, start_day,
    end_day, from_day, released, through_day, next_at, created_at)
  SELECT 'rev_0' || substr(lower(hex(randomblob(13))), 1, 25), i.organization_id, i.id, 1, 1, i.currency, i.subtotal,
    i.subtotal, i.period_start / 86400000, i.period_end / 86400000, i.period_start / 86400000,
    min(i.subtotal, coalesce((SELECT sum(c.subtotal) FROM credit_notes c WHERE c.invoice_id = i.id), 0)),
    i.period_start / 86400000,
    CASE WHEN i.state = 'paid' AND i.subtotal > coalesce(
      (SELECT sum(c.subtotal) FROM credit_notes c WHERE c.invoice_id = i.id), 0) THEN i.period_start END, i.issued_at
  FROM invoices i WHERE i.state <> 'void';

-- The latest instant at which billing did its work: what time can't go behind, or leave far ahead, unnoticed.
CREATE TABLE billing_clock (
  id           INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  high_water   INTEGER NOT NULL,
  held_at      INTEGER,                          -- by the clock of then, since when billing waits
  held_because TEXT,
  confirmed_at INTEGER,                          -- up to here an operator said that the clock is right
  CHECK ((held_at IS NULL) = (held_because IS NULL))
) STRICT, WITHOUT ROWID;

-- How far a person moved the time of the whole instance; only in sandbox mode.
CREATE TABLE test_clock (
  id    INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  ahead INTEGER NOT NULL CHECK (ahead BETWEEN 0 AND 315360000000)
) STRICT, WITHOUT ROWID;
