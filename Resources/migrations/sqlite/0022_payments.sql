-- Disputes, settlements, the lines of the provider's report; payment links; refunds that are owed; the simulators.

-- When the credit note of a refund went out although the provider could not pay it yet.
ALTER TABLE refunds ADD COLUMN owed_at INTEGER;
-- The lost dispute that a refund, made at the provider, turned out to be the money of.
ALTER TABLE refunds ADD COLUMN dispute_id TEXT;

ALTER TABLE payment_orders ADD COLUMN kind TEXT NOT NULL DEFAULT 'order' CHECK (kind IN ('order', 'link'));
ALTER TABLE payment_orders ADD COLUMN url TEXT;
DROP INDEX payment_orders_live;
CREATE UNIQUE INDEX payment_orders_live ON payment_orders (invoice_id, kind)
  WHERE state IN ('planned', 'unknown', 'created');

-- Where a dispute stands, and what moved because of it: the two are told apart, in any order.
CREATE TABLE disputes (
  id              TEXT    NOT NULL PRIMARY KEY,
  organization_id TEXT    NOT NULL REFERENCES organizations (id),
  payment_id      TEXT    NOT NULL REFERENCES payments (id),
  provider        TEXT    NOT NULL,
  remote_id       TEXT    NOT NULL,
  state           TEXT    NOT NULL CHECK (state IN ('open', 'under_review', 'closed', 'won', 'lost')),
  phase           TEXT    NOT NULL,
  reason          TEXT    NOT NULL,
  amount          INTEGER NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
  currency        TEXT    NOT NULL CHECK (length(currency) = 3),
  respond_by      INTEGER,
  is_taken        INTEGER NOT NULL DEFAULT 0 CHECK (is_taken IN (0, 1)),     -- the report shows the money leaving
  is_returned     INTEGER NOT NULL DEFAULT 0 CHECK (is_returned IN (0, 1)),  -- and coming back
  is_held         INTEGER NOT NULL DEFAULT 0 CHECK (is_held IN (0, 1)),      -- booked as held by the provider
  is_booked_lost  INTEGER NOT NULL DEFAULT 0 CHECK (is_booked_lost IN (0, 1)),
  fee             INTEGER,
  created_at      INTEGER NOT NULL,
  checked_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL,
  UNIQUE (provider, remote_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX disputes_payment ON disputes (payment_id, id);
CREATE INDEX disputes_organization ON disputes (organization_id, id);
CREATE INDEX disputes_check ON disputes (state, checked_at);

-- Money that went from the provider to the bank: the seller's, so no organisation's.
CREATE TABLE settlements (
  provider   TEXT    NOT NULL,
  remote_id  TEXT    NOT NULL,
  state      TEXT    NOT NULL CHECK (state IN ('created', 'processed', 'failed')),
  amount     INTEGER NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
  currency   TEXT    NOT NULL CHECK (length(currency) = 3),
  reference  TEXT,                               -- what the bank shows: the UTR
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (provider, remote_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX settlements_newest ON settlements (created_at);

-- The provider's report of its account with us, line by line.
CREATE TABLE settlement_lines (
  provider      TEXT    NOT NULL,
  entity_id     TEXT    NOT NULL,
  kind          TEXT    NOT NULL CHECK (kind IN ('payment', 'refund', 'adjustment', 'other')),
  net           INTEGER NOT NULL,                -- added to the account; negative when taken from it
  fee           INTEGER NOT NULL,                -- with tax, part of net
  fee_tax       INTEGER NOT NULL,
  gross         INTEGER NOT NULL,
  currency      TEXT    NOT NULL CHECK (length(currency) = 3),
  payment_id    TEXT,                            -- these four as the provider names them
  order_id      TEXT,
  dispute_id    TEXT,
  settlement_id TEXT,
  outcome       TEXT    NOT NULL,                -- what it was booked as: the other half of every difference
  created_at    INTEGER NOT NULL,
  PRIMARY KEY (provider, entity_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX settlement_lines_settlement ON settlement_lines (provider, settlement_id);
CREATE INDEX settlement_lines_payment ON settlement_lines (provider, payment_id);

-- How far the report of an account has been read.
CREATE TABLE payment_accounts (
  provider         TEXT    NOT NULL PRIMARY KEY,
  reported_through INTEGER NOT NULL,
  read_at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The simulator of Razorpay: disputes, settlements, links, the account's lines, and what goes wrong on purpose.
CREATE TABLE sandbox_disputes (
  id          TEXT    NOT NULL PRIMARY KEY,
  payment_id  TEXT    NOT NULL REFERENCES sandbox_payments (id),
  status      TEXT    NOT NULL CHECK (status IN ('open', 'under_review', 'won', 'lost', 'closed')),
  amount      INTEGER NOT NULL CHECK (amount > 0),
  currency    TEXT    NOT NULL CHECK (length(currency) = 3),
  deducted    INTEGER NOT NULL,
  is_held     INTEGER NOT NULL CHECK (is_held IN (0, 1)),
  created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sandbox_settlements (
  id         TEXT    NOT NULL PRIMARY KEY,
  amount     INTEGER NOT NULL CHECK (amount > 0),
  currency   TEXT    NOT NULL CHECK (length(currency) = 3),
  fees       INTEGER NOT NULL,
  tax        INTEGER NOT NULL,
  utr        TEXT    NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sandbox_lines (
  entity_id     TEXT    NOT NULL PRIMARY KEY,
  type          TEXT    NOT NULL CHECK (type IN ('payment', 'refund', 'adjustment')),
  amount        INTEGER NOT NULL,
  net           INTEGER NOT NULL,
  fee           INTEGER NOT NULL,
  tax           INTEGER NOT NULL,
  currency      TEXT    NOT NULL CHECK (length(currency) = 3),
  payment_id    TEXT,
  order_id      TEXT,
  dispute_id    TEXT,
  settlement_id TEXT,
  created_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sandbox_lines_settlement ON sandbox_lines (settlement_id, created_at);

CREATE TABLE sandbox_links (
  id           TEXT    NOT NULL PRIMARY KEY,
  reference_id TEXT    UNIQUE CHECK (length(reference_id) <= 40),
  order_id     TEXT    NOT NULL UNIQUE REFERENCES sandbox_orders (id),
  description  TEXT    NOT NULL,
  callback     TEXT    NOT NULL,
  created_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sandbox_chaos (
  id       INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  settings TEXT    NOT NULL                      -- JSON
) STRICT, WITHOUT ROWID;

-- The simulator of Stripe keeps its objects as the documents that it answers with.
CREATE TABLE sandbox_stripe (
  id         TEXT    NOT NULL PRIMARY KEY,
  kind       TEXT    NOT NULL,
  parent     TEXT    NOT NULL,
  body       TEXT    NOT NULL,                   -- JSON
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sandbox_stripe_parent ON sandbox_stripe (kind, parent, created_at);

CREATE TABLE sandbox_stripe_keys (
  idempotency_key TEXT NOT NULL PRIMARY KEY,
  request         TEXT NOT NULL,                 -- digest of path and body
  answer          TEXT NOT NULL                  -- JSON
) STRICT, WITHOUT ROWID;
