-- Invoices with any lines, drafts of them, taxes by rate, coupons, customers' credit, credit notes of their own.

PRAGMA defer_foreign_keys = ON;                  -- orders, payments and credit notes refer to invoices

CREATE TABLE old_invoices (
  id TEXT NOT NULL PRIMARY KEY, organization_id TEXT NOT NULL, number TEXT NOT NULL, state TEXT NOT NULL,
  plan_code TEXT NOT NULL, period TEXT NOT NULL, period_start INTEGER NOT NULL, period_end INTEGER NOT NULL,
  currency TEXT NOT NULL, subtotal INTEGER NOT NULL, tax INTEGER NOT NULL, amount INTEGER NOT NULL,
  seller TEXT NOT NULL, customer TEXT NOT NULL, place_of_supply TEXT NOT NULL, issued_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL, paid_at INTEGER, voided_at INTEGER, reminded_at INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO old_invoices SELECT id, organization_id, number, state, plan_code, period, period_start, period_end,
  currency, subtotal, tax, amount, seller, customer, place_of_supply, issued_at, due_at, paid_at, voided_at, reminded_at
  FROM invoices;
DROP TABLE invoices;

CREATE TABLE invoices (
  id              TEXT    NOT NULL PRIMARY KEY,
  organization_id TEXT    NOT NULL REFERENCES organizations (id),
  number          TEXT    UNIQUE CHECK (length(number) BETWEEN 1 AND 16),    -- taken when it is finalised
  state           TEXT    NOT NULL CHECK (state IN ('draft', 'open', 'paid', 'void', 'uncollectible')),
  plan_code       TEXT    REFERENCES plans (code),                           -- NULL: a one-off invoice
  period          TEXT    CHECK (length(period) BETWEEN 1 AND 20),
  period_start    INTEGER,
  period_end      INTEGER CHECK (period_end > period_start),
  currency        TEXT    NOT NULL CHECK (length(currency) = 3),
  discount        INTEGER NOT NULL DEFAULT 0 CHECK (discount BETWEEN 0 AND 9007199254740991),
  subtotal        INTEGER NOT NULL CHECK (abs(subtotal) <= 9007199254740991),    -- after discounts, without tax
  tax             INTEGER NOT NULL CHECK (abs(tax) <= 9007199254740991),
  amount          INTEGER NOT NULL CHECK (abs(amount) <= 9007199254740991),
  credit_applied  INTEGER NOT NULL DEFAULT 0,    -- taken from the customer's balance; negative: put onto it
  amount_due      INTEGER NOT NULL CHECK (amount_due BETWEEN 0 AND 9007199254740991),    -- what is left to pay
  seller          TEXT    NOT NULL,              -- JSON, as it was when the invoice was finalised
  customer        TEXT    NOT NULL,              -- JSON, likewise
  place_of_supply TEXT    NOT NULL,
  tax_note        TEXT    NOT NULL DEFAULT '',   -- why no tax, or who owes it
  memo            TEXT    NOT NULL DEFAULT '',
  link            TEXT    NOT NULL UNIQUE CHECK (length(link) BETWEEN 22 AND 64),    -- opens the public page
  created_at      INTEGER NOT NULL,
  issued_at       INTEGER,
  due_at          INTEGER,
  paid_at         INTEGER,
  voided_at       INTEGER,
  written_off_at  INTEGER,
  reminded_at     INTEGER,
  CHECK (amount = subtotal + tax),
  CHECK ((period_start IS NULL) = (period_end IS NULL)),
  CHECK (plan_code IS NULL OR period IS NOT NULL AND period_start IS NOT NULL),
  CHECK ((state = 'draft') = (number IS NULL)),
  CHECK ((state = 'draft') = (issued_at IS NULL)),
  CHECK ((state = 'draft') = (due_at IS NULL)),
  CHECK ((state = 'paid') = (paid_at IS NOT NULL)),
  CHECK ((state = 'void') = (voided_at IS NOT NULL)),
  CHECK ((state = 'uncollectible') = (written_off_at IS NOT NULL)),
  CHECK (state <> 'open' OR amount_due > 0)
) STRICT, WITHOUT ROWID;

INSERT INTO invoices (id, organization_id, number, state, plan_code, period, period_start, period_end, currency,
    subtotal, tax, amount, amount_due, seller, customer, place_of_supply, tax_note, link, created_at, issued_at, due_at,
    paid_at, voided_at, reminded_at)
  SELECT id, organization_id, number, state, plan_code, period, period_start, period_end, currency, subtotal, tax,
    amount, CASE state WHEN 'open' THEN amount ELSE 0 END, seller, customer, place_of_supply,
    CASE currency WHEN 'INR' THEN '' ELSE 'Export of services, zero-rated: no Indian tax is charged.' END,
    lower(hex(randomblob(16))), issued_at, issued_at, due_at, paid_at, voided_at, reminded_at
  FROM old_invoices;
DROP TABLE old_invoices;

CREATE INDEX invoices_organization ON invoices (organization_id, id);
CREATE INDEX invoices_due ON invoices (state, due_at);

CREATE TABLE new_invoice_lines (
  organization_id TEXT    NOT NULL,
  invoice_id      TEXT    NOT NULL REFERENCES invoices (id),
  position        INTEGER NOT NULL CHECK (position > 0),
  description     TEXT    NOT NULL CHECK (length(description) BETWEEN 1 AND 500),
  sac             TEXT    NOT NULL CHECK (length(sac) <= 8),     -- service accounting code or HSN code of GST
  quantity        INTEGER NOT NULL CHECK (quantity BETWEEN 0 AND 9007199254740991),
  unit_amount     INTEGER CHECK (abs(unit_amount) <= 9007199254740991),    -- NULL: the price is not one per unit
  amount          INTEGER NOT NULL CHECK (abs(amount) <= 9007199254740991),    -- as priced; negative: a credit
  discount        INTEGER NOT NULL DEFAULT 0,
  taxable         INTEGER NOT NULL,              -- after discount, without tax
  tax             INTEGER NOT NULL DEFAULT 0,    -- its share of the invoice's taxes
  currency        TEXT    NOT NULL CHECK (length(currency) = 3),
  period_start    INTEGER,
  period_end      INTEGER,
  tax_category    TEXT    NOT NULL DEFAULT 'standard' CHECK (length(tax_category) BETWEEN 1 AND 40),
  revenue         TEXT    NOT NULL DEFAULT 'deferred' CHECK (revenue IN ('deferred', 'usage', 'sale')),
  PRIMARY KEY (invoice_id, position)
) STRICT, WITHOUT ROWID;
INSERT INTO new_invoice_lines (organization_id, invoice_id, position, description, sac, quantity, unit_amount, amount,
    taxable, tax, currency, period_start, period_end)
  SELECT l.organization_id, l.invoice_id, l.position, l.description, l.sac, l.quantity, l.unit_amount, l.amount,
    l.amount, i.tax, l.currency, i.period_start, i.period_end    -- invoices had one line so far
  FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id;
DROP TABLE invoice_lines;
ALTER TABLE new_invoice_lines RENAME TO invoice_lines;

CREATE TABLE new_invoice_taxes (
  organization_id TEXT    NOT NULL,
  invoice_id      TEXT    NOT NULL REFERENCES invoices (id),
  position        INTEGER NOT NULL CHECK (position > 0),
  kind            TEXT    NOT NULL CHECK (kind IN ('cgst', 'sgst', 'igst', 'other')),
  name            TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 40),
  rate            INTEGER NOT NULL CHECK (rate BETWEEN 0 AND 10000),    -- basis points: 900 is 9 %
  taxable         INTEGER NOT NULL,
  amount          INTEGER NOT NULL,
  is_inclusive    INTEGER NOT NULL DEFAULT 0 CHECK (is_inclusive IN (0, 1)),    -- was part of the prices
  currency        TEXT    NOT NULL CHECK (length(currency) = 3),
  PRIMARY KEY (invoice_id, position)
) STRICT, WITHOUT ROWID;
INSERT INTO new_invoice_taxes (organization_id, invoice_id, position, kind, name, rate, taxable, amount, currency)
  SELECT t.organization_id, t.invoice_id, row_number() OVER (PARTITION BY t.invoice_id ORDER BY t.kind), t.kind,
    upper(t.kind), t.rate, i.subtotal, t.amount, t.currency
  FROM invoice_taxes t JOIN invoices i ON i.id = t.invoice_id;
DROP TABLE invoice_taxes;
ALTER TABLE new_invoice_taxes RENAME TO invoice_taxes;

-- What was finalised does not change; only its state moves, and only forward. What is left to pay follows it.
CREATE TRIGGER invoices_fixed BEFORE UPDATE OF id, organization_id, number, plan_code, period, period_start, period_end,
  currency, discount, subtotal, tax, amount, credit_applied, seller, customer, place_of_supply, tax_note, memo, link,
  created_at, issued_at ON invoices WHEN OLD.state <> 'draft'
BEGIN SELECT RAISE(ABORT, 'billing: a finalised invoice does not change'); END;
CREATE TRIGGER invoices_forward BEFORE UPDATE OF state ON invoices
  WHEN NEW.state <> OLD.state AND NOT (OLD.state = 'draft' AND NEW.state IN ('open', 'paid')
    OR OLD.state = 'open' AND NEW.state IN ('paid', 'void', 'uncollectible'))
BEGIN SELECT RAISE(ABORT, 'billing: a paid, void or written off invoice stays as it is'); END;
CREATE TRIGGER invoices_kept BEFORE DELETE ON invoices WHEN OLD.state <> 'draft'
BEGIN SELECT RAISE(ABORT, 'billing: invoices are not deleted'); END;
CREATE TRIGGER invoice_lines_added BEFORE INSERT ON invoice_lines
  WHEN (SELECT state FROM invoices WHERE id = NEW.invoice_id) <> 'draft'
BEGIN SELECT RAISE(ABORT, 'billing: a finalised invoice does not change'); END;
CREATE TRIGGER invoice_lines_fixed BEFORE UPDATE ON invoice_lines
BEGIN SELECT RAISE(ABORT, 'billing: a finalised invoice does not change'); END;
CREATE TRIGGER invoice_lines_kept BEFORE DELETE ON invoice_lines
  WHEN (SELECT state FROM invoices WHERE id = OLD.invoice_id) <> 'draft'
BEGIN SELECT RAISE(ABORT, 'billing: a finalised invoice does not change'); END;
CREATE TRIGGER invoice_taxes_added BEFORE INSERT ON invoice_taxes
  WHEN (SELECT state FROM invoices WHERE id = NEW.invoice_id) <> 'draft'
BEGIN SELECT RAISE(ABORT, 'billing: a finalised invoice does not change'); END;
CREATE TRIGGER invoice_taxes_fixed BEFORE UPDATE ON invoice_taxes
BEGIN SELECT RAISE(ABORT, 'billing: a finalised invoice does not change'); END;
CREATE TRIGGER invoice_taxes_kept BEFORE DELETE ON invoice_taxes
  WHEN (SELECT state FROM invoices WHERE id = OLD.invoice_id) <> 'draft'
BEGIN SELECT RAISE(ABORT, 'billing: a finalised invoice does not change'); END;

CREATE TABLE new_credit_notes (
  id              TEXT    NOT NULL PRIMARY KEY,
  organization_id TEXT    NOT NULL REFERENCES organizations (id),
  number          TEXT    NOT NULL UNIQUE CHECK (length(number) BETWEEN 1 AND 16),
  invoice_id      TEXT    NOT NULL REFERENCES invoices (id),
  refund_id       TEXT    UNIQUE REFERENCES refunds (id),
  subtotal        INTEGER NOT NULL CHECK (subtotal >= 0),
  tax             INTEGER NOT NULL CHECK (tax >= 0),
  amount          INTEGER NOT NULL CHECK (amount = subtotal + tax),
  to_invoice      INTEGER NOT NULL DEFAULT 0 CHECK (to_invoice >= 0),    -- less to pay on the invoice
  to_balance      INTEGER NOT NULL DEFAULT 0 CHECK (to_balance >= 0),    -- onto the customer's balance
  to_refund       INTEGER NOT NULL DEFAULT 0 CHECK (to_refund >= 0),     -- owed as money
  currency        TEXT    NOT NULL CHECK (length(currency) = 3),
  reason          TEXT    NOT NULL DEFAULT '',
  issued_at       INTEGER NOT NULL,
  CHECK (amount = to_invoice + to_balance + to_refund)
) STRICT, WITHOUT ROWID;
INSERT INTO new_credit_notes (id, organization_id, number, invoice_id, refund_id, subtotal, tax, amount, to_refund,
    currency, issued_at)
  SELECT id, organization_id, number, invoice_id, refund_id, subtotal, tax, amount, amount, currency, issued_at
  FROM credit_notes;
DROP TABLE credit_notes;
ALTER TABLE new_credit_notes RENAME TO credit_notes;
CREATE INDEX credit_notes_invoice ON credit_notes (invoice_id, id);
CREATE INDEX credit_notes_organization ON credit_notes (organization_id, id);
CREATE TRIGGER credit_notes_fixed BEFORE UPDATE ON credit_notes
BEGIN SELECT RAISE(ABORT, 'billing: a credit note does not change'); END;
CREATE TRIGGER credit_notes_kept BEFORE DELETE ON credit_notes
BEGIN SELECT RAISE(ABORT, 'billing: credit notes are not deleted'); END;

-- What a customer has with us beside open invoices: positive, credit that the next invoice uses (account 2200);
-- negative, an amount too small to be paid alone that the next invoice carries (it stays in account 1100).
CREATE TABLE customer_balances (
  organization_id TEXT    NOT NULL REFERENCES organizations (id),
  currency        TEXT    NOT NULL CHECK (length(currency) = 3),
  balance         INTEGER NOT NULL CHECK (abs(balance) <= 9007199254740991),
  updated_at      INTEGER NOT NULL,
  PRIMARY KEY (organization_id, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE customer_balance_changes (
  id              TEXT    NOT NULL PRIMARY KEY,
  organization_id TEXT    NOT NULL REFERENCES organizations (id),
  currency        TEXT    NOT NULL CHECK (length(currency) = 3),
  kind            TEXT    NOT NULL CHECK (kind IN ('invoice', 'void', 'credit_note', 'payment')),
  source_id       TEXT    NOT NULL,
  amount          INTEGER NOT NULL CHECK (amount <> 0),
  balance         INTEGER NOT NULL,              -- after the change
  created_at      INTEGER NOT NULL,
  UNIQUE (kind, source_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX customer_balance_changes_organization ON customer_balance_changes (organization_id, id);

-- Rates of taxes that the operator keeps, the instance's own. For a seller in India a row for IN sets GST.
CREATE TABLE tax_rates (
  id             TEXT    NOT NULL PRIMARY KEY,
  country        TEXT    NOT NULL CHECK (length(country) = 2),
  region         TEXT    NOT NULL CHECK (length(region) <= 10),      -- '': the whole country
  category       TEXT    NOT NULL CHECK (length(category) BETWEEN 1 AND 40),
  name           TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 40),
  rate           INTEGER NOT NULL CHECK (rate BETWEEN 0 AND 10000),  -- basis points
  is_inclusive   INTEGER NOT NULL CHECK (is_inclusive IN (0, 1)),    -- prices contain it
  reverse_charge INTEGER NOT NULL CHECK (reverse_charge IN (0, 1)),  -- businesses abroad account for it themselves
  starts_at      INTEGER NOT NULL,
  ends_at        INTEGER CHECK (ends_at > starts_at),
  created_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tax_rates_country ON tax_rates (country, starts_at);

CREATE TABLE coupons (
  code            TEXT    NOT NULL PRIMARY KEY CHECK (length(code) BETWEEN 3 AND 40),
  name            TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
  percent         INTEGER CHECK (percent BETWEEN 1 AND 10000),       -- basis points
  amount          INTEGER CHECK (amount BETWEEN 1 AND 9007199254740991),
  currency        TEXT    CHECK (length(currency) = 3),
  duration        TEXT    NOT NULL CHECK (duration IN ('once', 'repeating', 'forever')),
  periods         INTEGER CHECK (periods BETWEEN 1 AND 120),         -- invoices it lasts for
  max_redemptions INTEGER CHECK (max_redemptions > 0),
  redemptions     INTEGER NOT NULL DEFAULT 0,
  expires_at      INTEGER,                       -- can't be redeemed afterwards; who has it keeps it
  retired_at      INTEGER,
  created_at      INTEGER NOT NULL,
  CHECK ((percent IS NULL) <> (amount IS NULL)),
  CHECK ((amount IS NULL) = (currency IS NULL)),
  CHECK ((duration = 'forever') = (periods IS NULL)),
  CHECK (max_redemptions IS NULL OR redemptions <= max_redemptions)
) STRICT, WITHOUT ROWID;

CREATE TABLE coupon_redemptions (
  organization_id TEXT    NOT NULL REFERENCES organizations (id),
  coupon_code     TEXT    NOT NULL REFERENCES coupons (code),
  periods_left    INTEGER CHECK (periods_left >= 0),                 -- NULL: for ever
  redeemed_at     INTEGER NOT NULL,
  PRIMARY KEY (organization_id, coupon_code)     -- a coupon is redeemed once
) STRICT, WITHOUT ROWID;
CREATE INDEX coupon_redemptions_coupon ON coupon_redemptions (coupon_code);

-- Who sells, as the operator wrote it; the options of the instance until then.
CREATE TABLE seller_details (
  id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  name       TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  address    TEXT    NOT NULL CHECK (length(address) <= 300),
  country    TEXT    NOT NULL CHECK (length(country) = 2),
  state      TEXT    NOT NULL CHECK (length(state) <= 10),
  gstin      TEXT    NOT NULL CHECK (length(gstin) IN (0, 15)),
  tax_id     TEXT    NOT NULL CHECK (length(tax_id) <= 30),
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE billing_details ADD COLUMN tax_id TEXT NOT NULL DEFAULT '' CHECK (length(tax_id) <= 30);
