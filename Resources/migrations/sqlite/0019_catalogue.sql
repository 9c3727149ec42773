-- The catalogue: versions of plans, prices that never change, which of them each organisation bought, what a plan
-- entitles to, and what is used.

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

-- What is counted, and how the events of a period become one number.
CREATE TABLE meters (
  code        TEXT NOT NULL PRIMARY KEY CHECK (length(code) BETWEEN 2 AND 40),
  name        TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
  aggregation TEXT NOT NULL CHECK (aggregation IN ('count', 'sum', 'max', 'unique_count', 'latest')),
  unit        TEXT NOT NULL CHECK (length(unit) BETWEEN 1 AND 40)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER meters_fixed BEFORE UPDATE OF code, aggregation ON meters
BEGIN SELECT RAISE(ABORT, 'catalogue: what a meter counts does not change'); END;
CREATE TRIGGER meters_kept BEFORE DELETE ON meters
BEGIN SELECT RAISE(ABORT, 'catalogue: meters are kept'); END;

-- What plans differ in. A limit that is measured by a meter is a quota for each period.
CREATE TABLE features (
  code       TEXT    NOT NULL PRIMARY KEY CHECK (length(code) BETWEEN 2 AND 40),
  name       TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
  kind       TEXT    NOT NULL CHECK (kind IN ('boolean', 'limit', 'text')),
  unit       TEXT    NOT NULL CHECK (length(unit) <= 40),
  meter_code TEXT    REFERENCES meters (code),
  position   INTEGER NOT NULL,
  CHECK (meter_code IS NULL OR kind = 'limit')
) STRICT, WITHOUT ROWID;

CREATE TRIGGER features_fixed BEFORE UPDATE OF code, kind ON features
BEGIN SELECT RAISE(ABORT, 'catalogue: the kind of a feature does not change'); END;
CREATE TRIGGER features_kept BEFORE DELETE ON features
BEGIN SELECT RAISE(ABORT, 'catalogue: features are kept'); END;

INSERT INTO features (code, name, kind, unit, position) VALUES
  ('members', 'Members', 'limit', 'member', 1), ('api_keys', 'API keys', 'limit', 'API key', 2),
  ('calls_per_minute', 'Calls a minute', 'limit', 'call', 3);

-- The value of a feature in a version of a plan: true or false, a number or 'unlimited', a text.
CREATE TABLE plan_entitlements (
  plan_code    TEXT    NOT NULL,
  plan_version INTEGER NOT NULL,
  feature_code TEXT    NOT NULL REFERENCES features (code),
  value        TEXT    NOT NULL CHECK (length(value) BETWEEN 1 AND 200),
  PRIMARY KEY (plan_code, plan_version, feature_code),
  FOREIGN KEY (plan_code, plan_version) REFERENCES plan_versions (plan_code, version)
) STRICT, WITHOUT ROWID;

INSERT INTO plan_entitlements (plan_code, plan_version, feature_code, value)
  SELECT code, 1, 'calls_per_minute', CAST(calls_per_minute AS TEXT) FROM plans WHERE calls_per_minute IS NOT NULL
  UNION ALL SELECT code, 1, 'members', CASE code WHEN 'free' THEN '3' WHEN 'pro' THEN '25' ELSE 'unlimited' END
    FROM plans WHERE code IN ('free', 'pro', 'enterprise')
  UNION ALL SELECT code, 1, 'api_keys', CASE code WHEN 'free' THEN '1' ELSE 'unlimited' END
    FROM plans WHERE code IN ('free', 'pro', 'enterprise');

ALTER TABLE plans DROP COLUMN calls_per_minute;

CREATE TRIGGER plan_entitlements_fixed BEFORE UPDATE ON plan_entitlements
BEGIN SELECT RAISE(ABORT, 'catalogue: a version of a plan does not change'); END;
CREATE TRIGGER plan_entitlements_kept BEFORE DELETE ON plan_entitlements
BEGIN SELECT RAISE(ABORT, 'catalogue: a version of a plan does not change'); END;

-- What an organisation was granted beside its plan.
CREATE TABLE entitlement_overrides (
  organization_id TEXT    NOT NULL REFERENCES organizations (id),
  feature_code    TEXT    NOT NULL REFERENCES features (code),
  value           TEXT    NOT NULL CHECK (length(value) BETWEEN 1 AND 200),
  reason          TEXT    NOT NULL CHECK (length(reason) <= 500),
  updated_at      INTEGER NOT NULL,
  PRIMARY KEY (organization_id, feature_code)
) STRICT, WITHOUT ROWID;

-- What happened, as it was reported. It counts when it happened or, if that period was invoiced already, on arrival.
CREATE TABLE usage_events (
  organization_id TEXT    NOT NULL REFERENCES organizations (id),
  event_id        TEXT    NOT NULL CHECK (length(event_id) BETWEEN 1 AND 100),
  meter_code      TEXT    NOT NULL REFERENCES meters (code),
  occurred_at     INTEGER NOT NULL,
  counted_at      INTEGER NOT NULL,
  received_at     INTEGER NOT NULL,
  value           INTEGER NOT NULL CHECK (value BETWEEN 0 AND 1000000000000),
  key             TEXT    NOT NULL CHECK (length(key) <= 100),
  PRIMARY KEY (organization_id, event_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX usage_events_counted ON usage_events (organization_id, meter_code, counted_at, event_id);

-- Sums of whole hours, so that a period is read from hundreds of rows and not from all its events.
CREATE TABLE usage_hours (
  organization_id TEXT    NOT NULL,
  meter_code      TEXT    NOT NULL,
  hour            INTEGER NOT NULL,              -- since 1970
  events          INTEGER NOT NULL,
  total           INTEGER NOT NULL,
  largest         INTEGER NOT NULL,
  latest          INTEGER NOT NULL,              -- the value of the last event
  latest_at       INTEGER NOT NULL,
  latest_id       TEXT    NOT NULL,
  PRIMARY KEY (organization_id, meter_code, hour)
) STRICT, WITHOUT ROWID;

-- The different keys of each day, for meters that count those.
CREATE TABLE usage_keys (
  organization_id TEXT    NOT NULL,
  meter_code      TEXT    NOT NULL,
  day             INTEGER NOT NULL,              -- since 1970
  key             TEXT    NOT NULL,
  PRIMARY KEY (organization_id, meter_code, day, key)
) STRICT, WITHOUT ROWID;

-- Up to when usage stands on invoices.
CREATE TABLE usage_billed (
  organization_id TEXT    NOT NULL PRIMARY KEY REFERENCES organizations (id),
  until           INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Which share of a quota was reached in which period: told once.
CREATE TABLE usage_alerts (
  organization_id TEXT    NOT NULL REFERENCES organizations (id),
  feature_code    TEXT    NOT NULL,
  period_start    INTEGER NOT NULL,
  percent         INTEGER NOT NULL CHECK (percent IN (80, 100)),
  raised_at       INTEGER NOT NULL,
  PRIMARY KEY (organization_id, feature_code, period_start, percent)
) STRICT, WITHOUT ROWID;
