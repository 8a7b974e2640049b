/** @file The Piscina task of the measuring host. Piscina calls the export named `run`. */
import { compileFunc } from './lower/compile.js';
import { serveJobs } from './measure/serve-jobs.js';

export const run = serveJobs(compileFunc);
