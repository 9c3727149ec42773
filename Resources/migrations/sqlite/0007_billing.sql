-- What is sold, to whom, invoiced, paid and given back; what the payment provider told us; the simulator's own books.

CREATE TABLE plans (
  code       TEXT    NOT NULL PRIMARY KEY CHECK (length(code) BETWEEN 2 AND 40),
  name       TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
  summary    TEXT    NOT NULL,
  features   TEXT    NOT NULL,                   -- JSON list of texts
  trial_days INTEGER NOT NULL CHECK (trial_days BETWEEN 0 AND 365),
  position   INTEGER NOT NULL,
  retired_at INTEGER                             -- sold no longer; those who have it keep it
) STRICT, WITHOUT ROWID;

-- Prices are without tax; a plan without a row is not sold in that currency and period.
CREATE TABLE plan_prices (
  plan_code TEXT    NOT NULL REFERENCES plans (code),
  currency  TEXT    NOT NULL CHECK (length(currency) = 3),
  period    TEXT    NOT NULL CHECK (period IN ('month', 'year')),
  amount    INTEGER NOT NULL CHECK (amount BETWEEN 0 AND 9007199254740991),
  PRIMARY KEY (plan_code, currency, period)
) STRICT, WITHOUT ROWID;

INSERT INTO plans (code, name, summary, features, trial_days, position) VALUES
  ('free', 'Free', 'To look around and to build a first version.',
   '["3 members","1 API key","Community help"]', 0, 1),
  ('pro', 'Pro', 'For a team with customers.',
   '["25 members","Unlimited API keys","Ledger and audit log","Help by mail within a day"]', 14, 2),
  ('enterprise', 'Enterprise', 'For a company with auditors.',
   '["Unlimited members","Own retention periods","Signed exports","Help by phone within an hour"]', 14, 3);

INSERT INTO plan_prices (plan_code, currency, period, amount) VALUES
  ('free', 'INR', 'month', 0), ('free', 'INR', 'year', 0), ('free', 'USD', 'month', 0), ('free', 'USD', 'year', 0),
  ('pro', 'INR', 'month', 249900), ('pro', 'INR', 'year', 2499000),
  ('pro', 'USD', 'month', 2900), ('pro', 'USD', 'year', 29000),
  ('enterprise', 'INR', 'month', 999900), ('enterprise', 'INR', 'year', 9999000),
  ('enterprise', 'USD', 'month', 11900), ('enterprise', 'USD', 'year', 119000);

-- One per organisation; an organisation without a row is on the free plan.
CREATE TABLE subscriptions (
  organization_id TEXT    NOT NULL PRIMARY KEY REFERENCES organizations (id),
  plan_code       TEXT    NOT NULL REFERENCES plans (code),
  currency        TEXT    NOT NULL CHECK (length(currency) = 3),
  period          TEXT    NOT NULL CHECK (period IN ('month', 'year')),
  state           TEXT    NOT NULL CHECK (state IN ('trialing', 'active', 'past_due', 'cancelled')),
  trial_ends_at   INTEGER,                       -- kept for ever: a trial is given once
  period_start    INTEGER,
  period_end      INTEGER,
  cancels_at      INTEGER,
  cancelled_at    INTEGER,
  open_invoice_id TEXT,                          -- what to pay to get or keep a plan
  paid_invoice_id TEXT,                          -- what paid for the present period
  version         INTEGER NOT NULL DEFAULT 1 CHECK (version > 0),
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL,
  CHECK (state <> 'trialing' OR trial_ends_at IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX subscriptions_due ON subscriptions (state, period_end);

-- What stands on invoices of an organisation beside its name.
CREATE TABLE billing_details (
  organization_id TEXT    NOT NULL PRIMARY KEY REFERENCES organizations (id),
  name            TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  address         TEXT    NOT NULL CHECK (length(address) <= 300),
  country         TEXT    NOT NULL CHECK (length(country) = 2),
  state           TEXT    NOT NULL CHECK (length(state) IN (0, 2)),    -- GST code of an Indian state
  gstin           TEXT    NOT NULL CHECK (length(gstin) IN (0, 15)),
  updated_at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The last number of each series of documents and Indian fiscal year ('2627': April 2026 to March 2027).
CREATE TABLE document_counters (
  series      TEXT    NOT NULL,
  fiscal_year TEXT    NOT NULL CHECK (length(fiscal_year) = 4),
  last_number INTEGER NOT NULL CHECK (last_number > 0),
  PRIMARY KEY (series, fiscal_year)
) STRICT, WITHOUT ROWID;

CREATE TABLE invoices (
  id              TEXT    NOT NULL PRIMARY KEY,
  organization_id TEXT    NOT NULL REFERENCES organizations (id),
  number          TEXT    NOT NULL UNIQUE CHECK (length(number) BETWEEN 1 AND 16),
  state           TEXT    NOT NULL CHECK (state IN ('open', 'paid', 'void')),
  plan_code       TEXT    NOT NULL REFERENCES plans (code),
  period          TEXT    NOT NULL CHECK (period IN ('month', 'year')),
  period_start    INTEGER NOT NULL,
  period_end      INTEGER NOT NULL CHECK (period_end > period_start),
  currency        TEXT    NOT NULL CHECK (length(currency) = 3),
  subtotal        INTEGER NOT NULL CHECK (subtotal BETWEEN 0 AND 9007199254740991),
  tax             INTEGER NOT NULL CHECK (tax BETWEEN 0 AND 9007199254740991),
  amount          INTEGER NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
  seller          TEXT    NOT NULL,              -- JSON, as it was when the invoice was finalised
  customer        TEXT    NOT NULL,              -- JSON, likewise
  place_of_supply TEXT    NOT NULL,
  issued_at       INTEGER NOT NULL,
  due_at          INTEGER NOT NULL,
  paid_at         INTEGER,
  voided_at       INTEGER,
  reminded_at     INTEGER,
  CHECK (amount = subtotal + tax),
  CHECK ((state = 'paid') = (paid_at IS NOT NULL)),
  CHECK ((state = 'void') = (voided_at IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX invoices_organization ON invoices (organization_id, id);
CREATE INDEX invoices_due ON invoices (state, due_at);

CREATE TABLE invoice_lines (
  organization_id TEXT    NOT NULL,
  invoice_id      TEXT    NOT NULL REFERENCES invoices (id),
  position        INTEGER NOT NULL CHECK (position > 0),
  description     TEXT    NOT NULL,
  sac             TEXT    NOT NULL,              -- service accounting code of GST
  quantity        INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 1000000),
  unit_amount     INTEGER NOT NULL,
  amount          INTEGER NOT NULL,
  currency        TEXT    NOT NULL CHECK (length(currency) = 3),
  PRIMARY KEY (invoice_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE invoice_taxes (
  organization_id TEXT    NOT NULL,
  invoice_id      TEXT    NOT NULL REFERENCES invoices (id),
  kind            TEXT    NOT NULL CHECK (kind IN ('cgst', 'sgst', 'igst')),
  rate            INTEGER NOT NULL CHECK (rate BETWEEN 1 AND 10000),   -- basis points: 900 is 9 %
  amount          INTEGER NOT NULL CHECK (amount >= 0),
  currency        TEXT    NOT NULL CHECK (length(currency) = 3),
  PRIMARY KEY (invoice_id, kind)
) STRICT, WITHOUT ROWID;

-- What was finalised does not change; only its state moves, and only forward.
CREATE TRIGGER invoices_fixed BEFORE UPDATE OF id, organization_id, number, plan_code, period, period_start, period_end,
  currency, subtotal, tax, amount, seller, customer, place_of_supply, issued_at ON invoices
BEGIN SELECT RAISE(ABORT, 'billing: a finalised invoice does not change'); END;
CREATE TRIGGER invoices_forward BEFORE UPDATE OF state ON invoices WHEN OLD.state <> 'open' AND NEW.state <> OLD.state
BEGIN SELECT RAISE(ABORT, 'billing: a paid or void invoice stays as it is'); END;
CREATE TRIGGER invoices_kept BEFORE DELETE ON invoices
BEGIN SELECT RAISE(ABORT, 'billing: invoices are not deleted'); END;
CREATE TRIGGER invoice_lines_fixed BEFORE UPDATE ON invoice_lines
BEGIN SELECT RAISE(ABORT, 'billing: a finalised invoice does not change'); END;
CREATE TRIGGER invoice_lines_kept BEFORE DELETE ON invoice_lines
BEGIN SELECT RAISE(ABORT, 'billing: a finalised invoice does not change'); END;
CREATE TRIGGER invoice_taxes_fixed BEFORE UPDATE ON invoice_taxes
BEGIN SELECT RAISE(ABORT, 'billing: a finalised invoice does not change'); END;
CREATE TRIGGER invoice_taxes_kept BEFORE DELETE ON invoice_taxes
BEGIN SELECT RAISE(ABORT, 'billing: a finalised invoice does not change'); END;

-- An order at the provider. The row is committed before the call leaves; its id is the receipt it is found again by.
CREATE TABLE payment_orders (
  id              TEXT    NOT NULL PRIMARY KEY CHECK (length(id) <= 40),
  organization_id TEXT    NOT NULL REFERENCES organizations (id),
  invoice_id      TEXT    NOT NULL REFERENCES invoices (id),
  provider        TEXT    NOT NULL,              -- the account at the provider: its key id
  remote_id       TEXT,
  state           TEXT    NOT NULL CHECK (state IN ('planned', 'unknown', 'created', 'paid', 'closed')),
  amount          INTEGER NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
  currency        TEXT    NOT NULL CHECK (length(currency) = 3),
  created_at      INTEGER NOT NULL,
  checked_at      INTEGER NOT NULL,              -- when the provider was last asked
  UNIQUE (provider, remote_id),
  CHECK (state IN ('planned', 'unknown', 'closed') OR remote_id IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX payment_orders_live ON payment_orders (invoice_id) WHERE state IN ('planned', 'unknown', 'created');
CREATE INDEX payment_orders_check ON payment_orders (state, checked_at);
CREATE INDEX payment_orders_organization ON payment_orders (organization_id, id);

-- No rule here may refuse what the provider reports: refunds may exceed what we know of.
CREATE TABLE payments (
  id              TEXT    NOT NULL PRIMARY KEY,
  organization_id TEXT    NOT NULL REFERENCES organizations (id),
  invoice_id      TEXT    NOT NULL REFERENCES invoices (id),
  order_id        TEXT    NOT NULL REFERENCES payment_orders (id),
  provider        TEXT    NOT NULL,
  remote_id       TEXT    NOT NULL,
  state           TEXT    NOT NULL CHECK (state IN ('created', 'failed', 'authorized', 'auto_refunded', 'captured')),
  is_applied      INTEGER NOT NULL DEFAULT 0 CHECK (is_applied IN (0, 1)),   -- paid the invoice; else in suspense
  amount          INTEGER NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
  currency        TEXT    NOT NULL CHECK (length(currency) = 3),
  method          TEXT    NOT NULL,
  fee             INTEGER,                       -- with tax; NULL until the provider says
  fee_tax         INTEGER,
  refund_reserved INTEGER NOT NULL DEFAULT 0 CHECK (refund_reserved >= 0),   -- planned, pending and processed
  credited        INTEGER NOT NULL DEFAULT 0 CHECK (credited >= 0),          -- by credit notes, planned ones included
  error_code      TEXT,
  error_text      TEXT,
  created_at      INTEGER NOT NULL,
  captured_at     INTEGER,
  updated_at      INTEGER NOT NULL,
  UNIQUE (provider, remote_id),
  CHECK ((state = 'captured') = (captured_at IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX payments_organization ON payments (organization_id, id);
CREATE INDEX payments_invoice ON payments (invoice_id, id);

CREATE TABLE refunds (
  id              TEXT    NOT NULL PRIMARY KEY CHECK (length(id) <= 40),
  organization_id TEXT    NOT NULL REFERENCES organizations (id),
  payment_id      TEXT    NOT NULL REFERENCES payments (id),
  provider        TEXT    NOT NULL,
  remote_id       TEXT,
  origin          TEXT    NOT NULL CHECK (origin IN ('ours', 'provider')),
  state           TEXT    NOT NULL CHECK (state IN ('planned', 'rejected', 'pending', 'processed', 'failed')),
  amount          INTEGER NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
  currency        TEXT    NOT NULL CHECK (length(currency) = 3),
  credit          INTEGER NOT NULL CHECK (credit >= 0),   -- how much of it a new credit note covers
  reason          TEXT    NOT NULL,
  requested_by    TEXT    NOT NULL,              -- the name of who asked, as it was
  created_at      INTEGER NOT NULL,
  checked_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL,
  UNIQUE (provider, remote_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX refunds_payment ON refunds (payment_id, id);
CREATE INDEX refunds_organization ON refunds (organization_id, id);
CREATE INDEX refunds_check ON refunds (state, checked_at);

CREATE TABLE credit_notes (
  id              TEXT    NOT NULL PRIMARY KEY,
  organization_id TEXT    NOT NULL REFERENCES organizations (id),
  number          TEXT    NOT NULL UNIQUE CHECK (length(number) BETWEEN 1 AND 16),
  invoice_id      TEXT    NOT NULL REFERENCES invoices (id),
  refund_id       TEXT    NOT NULL UNIQUE REFERENCES refunds (id),
  subtotal        INTEGER NOT NULL CHECK (subtotal >= 0),
  tax             INTEGER NOT NULL CHECK (tax >= 0),
  amount          INTEGER NOT NULL CHECK (amount = subtotal + tax),
  currency        TEXT    NOT NULL CHECK (length(currency) = 3),
  issued_at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX credit_notes_invoice ON credit_notes (invoice_id, id);
CREATE INDEX credit_notes_organization ON credit_notes (organization_id, id);

-- Messages of the provider: verified, written and committed before they are answered, worked on afterwards.
CREATE TABLE webhook_inbox (
  provider     TEXT    NOT NULL,
  event_id     TEXT    NOT NULL CHECK (length(event_id) BETWEEN 1 AND 100),
  type         TEXT    NOT NULL,
  body         BLOB    NOT NULL,                 -- the bytes that were signed
  deliveries   INTEGER NOT NULL DEFAULT 1 CHECK (deliveries > 0),
  state        TEXT    NOT NULL CHECK (state IN ('pending', 'applied', 'ignored', 'conflict')),
  note         TEXT    NOT NULL DEFAULT '',
  received_at  INTEGER NOT NULL,
  processed_at INTEGER,
  PRIMARY KEY (provider, event_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX webhook_inbox_state ON webhook_inbox (state, received_at);

-- The payment simulator: a provider of its own that happens to live in this file.
CREATE TABLE sandbox_orders (
  id          TEXT    NOT NULL PRIMARY KEY,
  receipt     TEXT    UNIQUE CHECK (length(receipt) <= 40),
  status      TEXT    NOT NULL CHECK (status IN ('created', 'attempted', 'paid')),
  capture     TEXT    NOT NULL CHECK (capture IN ('automatic', 'manual')),
  amount      INTEGER NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
  amount_paid INTEGER NOT NULL DEFAULT 0,
  currency    TEXT    NOT NULL CHECK (length(currency) = 3),
  attempts    INTEGER NOT NULL DEFAULT 0,
  notes       TEXT    NOT NULL,                  -- JSON
  created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sandbox_payments (
  id                TEXT    NOT NULL PRIMARY KEY,
  order_id          TEXT    NOT NULL REFERENCES sandbox_orders (id),
  status            TEXT    NOT NULL CHECK (status IN ('authorized', 'captured', 'refunded', 'failed')),
  amount            INTEGER NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
  amount_refunded   INTEGER NOT NULL DEFAULT 0 CHECK (amount_refunded BETWEEN 0 AND amount),
  currency          TEXT    NOT NULL CHECK (length(currency) = 3),
  method            TEXT    NOT NULL,
  fee               INTEGER,
  tax               INTEGER,
  error_code        TEXT,
  error_description TEXT,
  created_at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sandbox_payments_order ON sandbox_payments (order_id, created_at);

CREATE TABLE sandbox_refunds (
  id              TEXT    NOT NULL PRIMARY KEY,
  payment_id      TEXT    NOT NULL REFERENCES sandbox_payments (id),
  status          TEXT    NOT NULL CHECK (status IN ('pending', 'processed', 'failed')),
  amount          INTEGER NOT NULL CHECK (amount > 0),
  currency        TEXT    NOT NULL CHECK (length(currency) = 3),
  receipt         TEXT,
  notes           TEXT    NOT NULL,              -- JSON
  idempotency_key TEXT    UNIQUE,
  created_at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sandbox_refunds_payment ON sandbox_refunds (payment_id, created_at);

CREATE TABLE sandbox_events (
  id           TEXT    NOT NULL PRIMARY KEY,     -- x-razorpay-event-id
  type         TEXT    NOT NULL,
  body         TEXT    NOT NULL,                 -- what is signed and sent, byte for byte
  created_at   INTEGER NOT NULL,
  delivered_at INTEGER
) STRICT, WITHOUT ROWID;
