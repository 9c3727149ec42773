-- Monthly recurring revenue: what each change of a subscription did to it, written with the change.
-- Amounts are twelfths of a minor unit a month: a price for a month, a quarter or a year divides into them exactly.

CREATE TABLE mrr_movements (
  organization_id TEXT    NOT NULL REFERENCES organizations (id),
  currency        TEXT    NOT NULL CHECK (length(currency) = 3),
  number          INTEGER NOT NULL CHECK (number > 0),        -- counts up within organisation and currency
  kind            TEXT    NOT NULL CHECK (kind IN ('new', 'expansion', 'contraction', 'reactivation', 'churn')),
  mrr_before      INTEGER NOT NULL CHECK (mrr_before >= 0),
  mrr_after       INTEGER NOT NULL CHECK (mrr_after >= 0),
  plan_code       TEXT    NOT NULL,
  occurred_at     INTEGER NOT NULL,
  PRIMARY KEY (organization_id, currency, number),
  CHECK (mrr_before <> mrr_after),
  CHECK ((kind = 'churn') = (mrr_after = 0)),
  CHECK ((kind IN ('new', 'reactivation')) = (mrr_before = 0))
) STRICT, WITHOUT ROWID;

CREATE INDEX mrr_movements_time ON mrr_movements (occurred_at);

-- Each movement begins where the one before it ended, so that their sum is the difference between two instants.
CREATE TRIGGER mrr_movements_chained BEFORE INSERT ON mrr_movements
WHEN NEW.mrr_before IS NOT ifnull((SELECT mrr_after FROM mrr_movements WHERE organization_id = NEW.organization_id
    AND currency = NEW.currency ORDER BY number DESC LIMIT 1), 0)
  OR NEW.number IS NOT 1 + ifnull((SELECT max(number) FROM mrr_movements WHERE organization_id = NEW.organization_id
    AND currency = NEW.currency), 0)
BEGIN SELECT RAISE(ABORT, 'billing: a movement of MRR begins where the last one ended'); END;
CREATE TRIGGER mrr_movements_fixed BEFORE UPDATE ON mrr_movements
BEGIN SELECT RAISE(ABORT, 'billing: movements of MRR are not changed'); END;
CREATE TRIGGER mrr_movements_kept BEFORE DELETE ON mrr_movements
BEGIN SELECT RAISE(ABORT, 'billing: movements of MRR are not deleted'); END;

-- Subscriptions that were paid before movements were written count from now on.
INSERT INTO mrr_movements (organization_id, currency, number, kind, mrr_before, mrr_after, plan_code, occurred_at)
  SELECT s.organization_id, s.currency, 1, 'new', 0,
    p.amount * CASE p.period WHEN 'month' THEN 12 WHEN 'quarter' THEN 4 ELSE 1 END, s.plan_code,
    unixepoch() * 1000
  FROM subscriptions s JOIN prices p ON p.id = s.price_id
  WHERE s.state IN ('active', 'past_due') AND s.paid_invoice_id IS NOT NULL AND p.amount > 0 AND p.model = 'flat';
