/** @file The inside of a measuring thread: answers one job after another, saying what it is busy with. */
import { parentPort, workerData } from 'node:worker_threads';
import type { FromHost, HostJob } from '../../shared/protocol/host-message.js';
import { EngineFingerprintSchema } from '../../shared/protocol/measure.js';
import type { Phase } from './failure.js';
import type { Compile } from './program.js';
import { createSession } from './session.js';

/** Thread to host, while a job runs. */
export interface PhaseMessage {
  readonly id: number;
  readonly phase: Phase;
}

export type JobAnswer = Extract<FromHost, { readonly type: 'measured' | 'raced' | 'built' }>;

/**
 * @param compile the compiler
 * @returns the Piscina task. The thread's `workerData` is the engine's fingerprint.
 */
export function serveJobs(compile: Compile): (job: HostJob) => JobAnswer {
  const session = createSession({
    compile,
    engine: EngineFingerprintSchema.parse(workerData),
    now: () => performance.now() * 1e6,
    reportDefect: (error) => {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    },
  });
  return (job) => {
    const { id } = job;
    const report = (phase: Phase): void => {
      const message: PhaseMessage = { id, phase };
      parentPort?.postMessage(message);
    };
    switch (job.type) {
      case 'measure':
        return { type: 'measured', id, outcome: session.measure(job.request, report) };
      case 'race':
        return { type: 'raced', id, outcome: session.race(job.request, report) };
      case 'artifact':
        return { type: 'built', id, outcome: session.artifact(job.request, report) };
    }
  };
}
