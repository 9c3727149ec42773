-- The catalogue: versions of plans, prices that never change, and which of them each organisation bought.

-- What a plan promises. A version stays as it is; a new promise is a new version, for those who buy from then on.
ALTER TABLE plans ADD COLUMN version INTEGER NOT NULL DEFAULT 1 CHECK (version > 0);

CREATE TABLE plan_versions (
  plan_code  TEXT    NOT NULL REFERENCES plans (code),
  version    INTEGER NOT NULL CHECK (version > 0),
  features   TEXT    NOT NULL,                   -- JSON list of texts
  created_at INTEGER NOT NULL,
  PRIMARY KEY (plan_code, version)
) STRICT, WITHOUT ROWID;

INSERT INTO plan_versions (plan_code, version, features, created_at)
  SELECT code, 1, features, unixepoch() * 1000 FROM plans;

ALTER TABLE plans DROP COLUMN features;

CREATE TRIGGER plan_versions_fixed BEFORE UPDATE ON plan_versions
BEGIN SELECT RAISE(ABORT, 'catalogue: a version of a plan does not change'); END;
CREATE TRIGGER plan_versions_kept BEFORE DELETE ON plan_versions
BEGIN SELECT RAISE(ABORT, 'catalogue: versions of plans are kept'); END;

-- One price of one version of a plan, without tax. Nothing of it changes but that it is sold no longer.
CREATE TABLE prices (
  id           TEXT    NOT NULL PRIMARY KEY,
  plan_code    TEXT    NOT NULL,
  plan_version INTEGER NOT NULL,
  meter_code   TEXT,                             -- what usage it is for; NULL: the price of the plan itself
  currency     TEXT    NOT NULL CHECK (length(currency) = 3),
  period       TEXT    NOT NULL CHECK (period IN ('month', 'quarter', 'year')),
  model        TEXT    NOT NULL CHECK (model IN ('flat', 'per_unit', 'package', 'graduated', 'volume')),
  unit         TEXT    NOT NULL CHECK (length(unit) BETWEEN 1 AND 40),     -- what is counted: seat, call
  per          INTEGER NOT NULL CHECK (per BETWEEN 1 AND 9007199254740991),    -- so many units for the amount
  amount       INTEGER CHECK (amount BETWEEN 0 AND 9007199254740991),
  tiers        TEXT,                             -- JSON: [{"up_to": 10, "unit_amount": 100, "flat_amount": 0}, …]
  created_at   INTEGER NOT NULL,
  retired_at   INTEGER,
  FOREIGN KEY (plan_code, plan_version) REFERENCES plan_versions (plan_code, version),
  CHECK ((model IN ('graduated', 'volume')) = (tiers IS NOT NULL)),
  CHECK ((amount IS NULL) = (tiers IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- On sale there is one price for each currency, period and meter.
CREATE UNIQUE INDEX prices_on_sale ON prices (plan_code, plan_version, currency, period, coalesce(meter_code, ''))
  WHERE retired_at IS NULL;
CREATE INDEX prices_plan ON prices (plan_code, plan_version, id);

CREATE TRIGGER prices_fixed BEFORE UPDATE OF id, plan_code, plan_version, meter_code, currency, period, model, unit,
  per, amount, tiers, created_at ON prices
BEGIN SELECT RAISE(ABORT, 'catalogue: a price does not change'); END;
CREATE TRIGGER prices_kept BEFORE DELETE ON prices
BEGIN SELECT RAISE(ABORT, 'catalogue: prices are kept'); END;

INSERT INTO prices (id, plan_code, plan_version, currency, period, model, unit, per, amount, created_at)
  SELECT CASE plan_code || ' ' || currency || ' ' || period
      WHEN 'free INR month' THEN 'price_01m8fq7700exardmyx1njyr52q'
      WHEN 'free INR year' THEN 'price_01m8fq7700ej7bvv4vknwm6pkp'
      WHEN 'free USD month' THEN 'price_01m8fq7700esgvrm5vr7qscpkd'
      WHEN 'free USD year' THEN 'price_01m8fq7700eptrgtnerrp7vw9e'
      WHEN 'pro INR month' THEN 'price_01m8fq7700ec1r1mqtjzxngx6j'
      WHEN 'pro INR year' THEN 'price_01m8fq7700e8v8spq4s199nae3'
      WHEN 'pro USD month' THEN 'price_01m8fq7700ey8s7rr85f995sq2'
      WHEN 'pro USD year' THEN 'price_01m8fq7700ffdtpn11p4p25m44'
      WHEN 'enterprise INR month' THEN 'price_01m8fq7700eapb3rr9qwr2zzj5'
      WHEN 'enterprise INR year' THEN 'price_01m8fq7700fc1rb2hzrzsqhktb'
      WHEN 'enterprise USD month' THEN 'price_01m8fq7700eb1sr4thr8fpc5qv'
      WHEN 'enterprise USD year' THEN 'price_01m8fq7700eq4a8yvtvrjs55q6'
      -- Prices that somebody added by hand: the hexadecimal digits are letters of an identifier too.
      ELSE 'price_0' || substr(lower(hex(randomblob(13))), 1, 25) END,
    plan_code, 1, currency, period, 'flat', 'seat', 1, amount, unixepoch() * 1000
  FROM plan_prices;

DROP TABLE plan_prices;

-- A subscription names the price that was bought, and how much of it.
CREATE TABLE subscriptions_before AS SELECT * FROM subscriptions;
DROP TABLE subscriptions;
CREATE TABLE subscriptions (
  organization_id TEXT    NOT NULL PRIMARY KEY REFERENCES organizations (id),
  plan_code       TEXT    NOT NULL REFERENCES plans (code),
  currency        TEXT    NOT NULL CHECK (length(currency) = 3),
  period          TEXT    NOT NULL CHECK (period IN ('month', 'quarter', 'year')),
  state           TEXT    NOT NULL CHECK (state IN ('trialing', 'active', 'past_due', 'cancelled')),
  price_id        TEXT    REFERENCES prices (id),    -- what was bought; NULL: nothing was
  quantity        INTEGER NOT NULL DEFAULT 1 CHECK (quantity BETWEEN 0 AND 9007199254740991),    -- seats
  open_price_id   TEXT    REFERENCES prices (id),    -- what the open invoice puts in force
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

INSERT INTO subscriptions (organization_id, plan_code, currency, period, state, price_id, open_price_id, trial_ends_at,
    period_start, period_end, cancels_at, cancelled_at, open_invoice_id, paid_invoice_id, version, created_at,
    updated_at)
  SELECT s.organization_id, s.plan_code, s.currency, s.period, s.state,
    (SELECT id FROM prices WHERE plan_code = s.plan_code AND currency = s.currency AND period = s.period),
    (SELECT p.id FROM invoices i
      JOIN prices p ON p.plan_code = i.plan_code AND p.currency = i.currency AND p.period = i.period
      WHERE i.id = s.open_invoice_id),
    s.trial_ends_at, s.period_start, s.period_end, s.cancels_at, s.cancelled_at, s.open_invoice_id, s.paid_invoice_id,
    s.version, s.created_at, s.updated_at
  FROM subscriptions_before s;

DROP TABLE subscriptions_before;

CREATE INDEX subscriptions_due ON subscriptions (state, period_end);
