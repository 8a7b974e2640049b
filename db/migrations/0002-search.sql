-- How a tune searches beyond strategy and space, as JSON.
ALTER TABLE tunes ADD COLUMN search TEXT NOT NULL DEFAULT '{}';

-- How a candidate came about: the trial it descends from, what was changed since (JSON), the model's score.
ALTER TABLE candidates ADD COLUMN parent INTEGER;
ALTER TABLE candidates ADD COLUMN mutations TEXT NOT NULL DEFAULT '[]';
ALTER TABLE candidates ADD COLUMN predicted REAL;

-- What the search did in each round.
CREATE TABLE rounds (
  task_id INTEGER NOT NULL REFERENCES tasks (id),
  round INTEGER NOT NULL,
  -- Number of its first trial, and how many it proposed.
  first_trial INTEGER NOT NULL,
  proposed INTEGER NOT NULL,
  generated INTEGER NOT NULL,
  -- Count by reason, as JSON.
  rejected TEXT NOT NULL,
  search_ms REAL NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (task_id, round)
) STRICT;
