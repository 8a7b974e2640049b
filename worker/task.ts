/**
 * @file The Piscina task of the measuring host. Piscina calls the export named `run`. With `lower` among the topics of
 * `TILEWRIGHT_DEBUG`, every program is printed to the standard error after each lowering pass.
 */
import { compileFunc } from './lower/compile.js';
import type { OnPass } from './lower/pipeline.js';
import { serveJobs } from './measure/serve-jobs.js';

const topics = (process.env['TILEWRIGHT_DEBUG'] ?? '').split(',').map((topic) => topic.trim());

const printPass: OnPass = (pass, text) => {
  process.stderr.write(`-- ${pass}\n${text()}\n`);
};

export const run = serveJobs(
  topics.includes('lower')
    ? (func, target, options) => compileFunc(func, target, { ...options, onPass: printPass })
    : compileFunc,
);
