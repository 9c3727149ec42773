-- Durable work, its schedules, and the outbox of mail. 'instance' stands for what belongs to no organisation.

CREATE TABLE jobs (
  id              TEXT    NOT NULL PRIMARY KEY,
  organization_id TEXT    NOT NULL,
  kind            TEXT    NOT NULL CHECK (length(kind) BETWEEN 1 AND 100),
  queue           TEXT    NOT NULL CHECK (length(queue) BETWEEN 1 AND 100),
  state           TEXT    NOT NULL
    CHECK (state = 'ready' OR state = 'running' OR state = 'completed' OR state = 'scheduled' OR state = 'cancelled'
      OR state = 'dead'),
  payload         TEXT    NOT NULL,
  run_at          INTEGER NOT NULL,
  attempt         INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
  attempts_max    INTEGER NOT NULL CHECK (attempts_max BETWEEN 1 AND 100),
  epoch           INTEGER NOT NULL DEFAULT 0 CHECK (epoch >= 0),   -- the fence: grows with every claim
  lost            INTEGER NOT NULL DEFAULT 0 CHECK (lost >= 0),    -- leases that ran out
  lease_until     INTEGER CHECK ((lease_until IS NULL) = (state <> 'running')),
  unique_key      TEXT    CHECK (length(unique_key) BETWEEN 1 AND 200),
  last_error      TEXT,
  created_at      INTEGER NOT NULL,
  started_at      INTEGER,
  finished_at     INTEGER CHECK ((finished_at IS NULL) = (state = 'ready' OR state = 'running' OR state = 'scheduled'))
) STRICT;

-- Each index holds only the rows that its statement looks for, so a claim costs the same whatever the backlog.
CREATE INDEX jobs_ready ON jobs (queue, run_at, id) WHERE state = 'ready';
CREATE INDEX jobs_due ON jobs (run_at) WHERE state = 'scheduled';
CREATE INDEX jobs_lease ON jobs (lease_until) WHERE state = 'running';
CREATE INDEX jobs_finished ON jobs (finished_at) WHERE state IN ('completed', 'cancelled', 'dead');
CREATE UNIQUE INDEX jobs_unique ON jobs (organization_id, kind, unique_key)
  WHERE unique_key IS NOT NULL AND state IN ('scheduled', 'ready', 'running');
CREATE INDEX jobs_organization ON jobs (organization_id, id);
CREATE INDEX jobs_state ON jobs (organization_id, state, id);

CREATE INDEX jobs_failed ON jobs (state, id) WHERE state IN ('cancelled', 'dead');

CREATE TRIGGER jobs_epoch BEFORE UPDATE OF epoch ON jobs WHEN NEW.epoch < OLD.epoch
BEGIN SELECT RAISE(ABORT, 'jobs: the epoch never goes back'); END;

-- One row for every run that did not end well.
CREATE TABLE job_failures (
  organization_id TEXT    NOT NULL,
  job_id          TEXT    NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  epoch           INTEGER NOT NULL,
  outcome         TEXT    NOT NULL CHECK (outcome IN ('failed', 'timed_out', 'lost')),
  error           TEXT    NOT NULL,
  at              INTEGER NOT NULL,
  PRIMARY KEY (job_id, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE schedules (
  id              TEXT    NOT NULL PRIMARY KEY,
  organization_id TEXT    NOT NULL,
  name            TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  cron            TEXT    NOT NULL,              -- five fields or a nickname, in UTC
  kind            TEXT    NOT NULL,
  is_paused       INTEGER NOT NULL DEFAULT 0 CHECK (is_paused IN (0, 1)),
  next_fire_at    INTEGER,                       -- NULL: never again
  last_fire_at    INTEGER,
  created_at      INTEGER NOT NULL,
  UNIQUE (organization_id, name)
) STRICT;

CREATE INDEX schedules_next ON schedules (next_fire_at) WHERE is_paused = 0;

-- The primary key makes it impossible to fire twice for one instant.
CREATE TABLE schedule_fires (
  organization_id TEXT    NOT NULL,
  schedule_id     TEXT    NOT NULL REFERENCES schedules (id) ON DELETE CASCADE,
  fire_at         INTEGER NOT NULL,
  fired_at        INTEGER NOT NULL,
  job_id          TEXT,                          -- NULL: skipped, the run before was not over
  PRIMARY KEY (schedule_id, fire_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX schedule_fires_age ON schedule_fires (fired_at);

CREATE TABLE messages (
  id              TEXT    NOT NULL PRIMARY KEY,
  organization_id TEXT    NOT NULL,
  recipient       TEXT    NOT NULL,
  subject         TEXT    NOT NULL,
  text            TEXT    NOT NULL,              -- the secrets of its links are cut out once it was delivered
  state           TEXT    NOT NULL
    CHECK (state = 'queued' OR state = 'held' OR state = 'sent' OR state = 'failed'),
  last_error      TEXT,
  created_at      INTEGER NOT NULL,
  sent_at         INTEGER CHECK ((sent_at IS NULL) = (state <> 'sent'))
) STRICT;

CREATE INDEX messages_organization ON messages (organization_id, id);
CREATE INDEX messages_age ON messages (created_at);
