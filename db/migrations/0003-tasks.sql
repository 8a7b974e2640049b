-- Tunes of several programs: the workload belongs to the task, which has a name, a weight and an end of its own.
ALTER TABLE tasks ADD COLUMN workload_spec TEXT;
UPDATE tasks SET workload_spec = (SELECT workload_spec FROM tunes WHERE tunes.id = tasks.tune_id);
ALTER TABLE tunes DROP COLUMN workload_spec;
ALTER TABLE tasks ADD COLUMN name TEXT NOT NULL DEFAULT '';
-- What stands between the first `def ` and the parenthesis after it.
UPDATE tasks SET name = substr(substr(script, instr(script, 'def ') + 4), 1,
                               instr(substr(script, instr(script, 'def ') + 4), '(') - 1);
-- How often the program runs in what it is a part of.
ALTER TABLE tasks ADD COLUMN weight REAL NOT NULL DEFAULT 1 CHECK (weight > 0);
-- Whether nothing more is measured for it, and why nothing came of it, as JSON.
ALTER TABLE tasks ADD COLUMN done INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN error TEXT;
UPDATE tasks SET done = 1, error = (SELECT error FROM tunes WHERE tunes.id = tasks.tune_id)
WHERE tune_id IN (SELECT id FROM tunes WHERE status IN ('succeeded', 'stopped', 'failed'));

-- Budgets have more members now; as JSON.
ALTER TABLE tunes ADD COLUMN budget TEXT NOT NULL DEFAULT '{}';
UPDATE tunes SET budget = json_object(
  'trials', budget_trials, 'seconds', budget_seconds, 'patience', NULL,
  'perTask', json_object('trials', NULL, 'seconds', NULL, 'patience', NULL));
ALTER TABLE tunes DROP COLUMN budget_trials;
ALTER TABLE tunes DROP COLUMN budget_seconds;

-- Which round of the tune it was, all tasks together, from 0; and whether the search had nothing more to propose.
ALTER TABLE rounds ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
UPDATE rounds SET turn = round;
ALTER TABLE rounds ADD COLUMN exhausted INTEGER NOT NULL DEFAULT 0;

-- Measurements from before the anchor and before the speed-ups of the finals.
UPDATE candidates SET measurement = json_set(measurement, '$.anchorNs', NULL)
WHERE measurement IS NOT NULL AND json_type(measurement, '$.anchorNs') IS NULL;
UPDATE candidates SET final_times = json_set(final_times, '$.speedup', NULL)
WHERE final_times IS NOT NULL AND json_type(final_times, '$.speedup') IS NULL;
UPDATE candidates SET final_times = json_set(final_times, '$.speedupInterval', NULL)
WHERE final_times IS NOT NULL AND json_type(final_times, '$.speedupInterval') IS NULL;
