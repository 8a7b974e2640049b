/** @file A process that records trials and says so, for as long as it is let live. Its argument is the database's path. */
import { writeSync } from 'node:fs';
import { endedTrials } from '../../db/candidates.js';
import { openDatabase } from '../../db/open.js';
import { recordTrial } from '../../db/outcomes.js';
import { findTune } from '../../db/tunes.js';
import { queueTune, result, tuneId } from './records.js';

const db = openDatabase(process.argv[2] ?? '');
const {
  tasks: [task],
} = findTune(db, tuneId(1)) ?? queueTune(db);
for (let trial = endedTrials(db, task.id).length; ; trial++) {
  recordTrial(db, result(task.id, trial, 100 + trial));
  writeSync(1, `${trial}\n`);
}
