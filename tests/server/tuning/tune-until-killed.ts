/**
 * @file A process that runs the tunes of deterministic-tunes.ts for as long as it is let live, and writes a line for
 * every measurement. Its argument is the database's path.
 */
import { writeSync } from 'node:fs';
import { openDatabase } from '../../../db/open.js';
import { hashQueue, runTunes } from './deterministic-tunes.js';

const queue = hashQueue(async (n) => {
  writeSync(1, `${n}\n`);
  await new Promise((resolve) => setTimeout(resolve, 3)); // so that a kill finds it at work
});
const db = openDatabase(process.argv[2] ?? '');
await runTunes({ db, queue });
db.close();
