-- Which master key sealed each of the instance's keys, and how often an organisation may call by its plan.

ALTER TABLE instance_keys ADD COLUMN master_key_id TEXT;  -- NULL: sealed before the ids were noted
ALTER TABLE instance_keys ADD COLUMN sealed_at INTEGER;   -- NULL: when it was made

ALTER TABLE plans ADD COLUMN calls_per_minute INTEGER     -- of one organisation; NULL: what the instance's option says
  CHECK (calls_per_minute BETWEEN 1 AND 1000000);

UPDATE plans SET calls_per_minute = 1200 WHERE code = 'free';
UPDATE plans SET calls_per_minute = 6000 WHERE code = 'pro';
UPDATE plans SET calls_per_minute = 60000 WHERE code = 'enterprise';

-- A browser that is known is let in beside an attacker of the same network.
CREATE INDEX known_devices_mark ON known_devices (mark);
