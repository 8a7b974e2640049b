-- What the search of a task has learned last, as JSON.
CREATE TABLE models (
  task_id INTEGER PRIMARY KEY REFERENCES tasks (id),
  round INTEGER NOT NULL,
  snapshot TEXT NOT NULL
) STRICT;
