-- Times of day are milliseconds since 1970; times of kernels are nanoseconds.

-- Distinct programs. `hash` only finds the bucket: two rows may share it when their programs differ.
CREATE TABLE workloads (
  id INTEGER PRIMARY KEY,
  hash TEXT NOT NULL,
  script TEXT NOT NULL,
  flops REAL NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX workloads_by_hash ON workloads (hash);

-- Submissions.
CREATE TABLE tunes (
  id TEXT PRIMARY KEY,
  status TEXT NOT NULL,
  version INTEGER NOT NULL DEFAULT 1,
  workload_spec TEXT,
  target TEXT NOT NULL,
  budget_trials INTEGER NOT NULL,
  budget_seconds REAL,
  seed INTEGER NOT NULL,
  strategy TEXT NOT NULL,
  space TEXT NOT NULL,
  priority INTEGER NOT NULL,
  labels TEXT NOT NULL,
  error TEXT,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER,
  idempotency_key TEXT UNIQUE,
  -- Of the body that came with the key.
  request_hash TEXT
) STRICT;
CREATE INDEX tunes_by_status ON tunes (status, id);

-- The programs that a tune searches. `script` has the tune's own names, which traces refer to; the workload's may differ.
CREATE TABLE tasks (
  id INTEGER PRIMARY KEY,
  tune_id TEXT NOT NULL REFERENCES tunes (id),
  position INTEGER NOT NULL,
  workload_id INTEGER NOT NULL REFERENCES workloads (id),
  script TEXT NOT NULL,
  measured INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0,
  -- Count by failure code, as JSON.
  failures TEXT NOT NULL DEFAULT '{}',
  baseline_ns REAL,
  best_ns REAL,
  best_trial INTEGER,
  UNIQUE (tune_id, position)
) STRICT;
CREATE INDEX tasks_by_workload ON tasks (workload_id);

-- Engines that have measured something, by the short hash of their description.
CREATE TABLE engines (
  id TEXT PRIMARY KEY,
  fingerprint TEXT NOT NULL
) STRICT;

-- What became of each trial. The baseline is trial -1.
CREATE TABLE candidates (
  task_id INTEGER NOT NULL REFERENCES tasks (id),
  trial INTEGER NOT NULL CHECK (trial >= -1),
  round INTEGER NOT NULL,
  trace TEXT NOT NULL,
  trace_hash TEXT NOT NULL,
  program_hash TEXT,
  created_at INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('measured', 'failed')),
  -- When failed.
  code TEXT,
  message TEXT,
  -- When measured.
  median_ns REAL CHECK (median_ns > 0),
  -- The rest of the measurement, as JSON: only ever read as a whole.
  measurement TEXT,
  engine_id TEXT REFERENCES engines (id),
  -- When it was among the finalists.
  final_median_ns REAL CHECK (final_median_ns > 0),
  final_times TEXT,
  PRIMARY KEY (task_id, trial),
  CHECK ((status = 'failed') = (code IS NOT NULL)),
  CHECK ((status = 'measured') = (median_ns IS NOT NULL AND measurement IS NOT NULL AND engine_id IS NOT NULL))
) STRICT;
CREATE INDEX candidates_by_time ON candidates (task_id, median_ns) WHERE status = 'measured';

-- What happened, in the order in which it was committed. Only ever appended to.
CREATE TABLE events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tune_id TEXT NOT NULL REFERENCES tunes (id),
  type TEXT NOT NULL,
  payload TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX events_by_tune ON events (tune_id, id);
