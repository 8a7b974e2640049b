/**
 * @file Progress of a tune: on a terminal a bar, below the table of its tasks when there are several; elsewhere a line now
 * and then. Standard error, so that results stay clean.
 */
import { createLogUpdate } from 'log-update';
import type { Tune } from '../../shared/protocol/tune.js';
import { taskTable } from './task-table.js';

export interface Progress {
  readonly update: (tune: Tune) => void;
  readonly end: () => void;
}

export function createProgress(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? liveView(stream) : lines(stream);
}

const BAR = 30;

function liveView(stream: NodeJS.WriteStream): Progress {
  const view = createLogUpdate(stream);
  return {
    update: (tune) => {
      const { done, budget } = tune.trials;
      const filled = Math.round((BAR * done) / budget);
      const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR - filled)} ${done}/${budget}  ${stateOf(tune)}`;
      const table = tune.tasks.length > 1 ? taskTable(tune) : [];
      // Longer lines would break the table; what does not fit is in the report at the end.
      view([...table, bar].map((line) => line.slice(0, stream.columns - 1)).join('\n'));
    },
    end: () => {
      view.clear();
      view.done();
    },
  };
}

function lines(stream: NodeJS.WriteStream): Progress {
  let shown = '';
  return {
    update: (tune) => {
      const { done, budget } = tune.trials;
      // One line per eighth of the budget, and whenever the state changes.
      const key = `${tune.status} ${Math.floor((done / budget) * 8)} ${tune.baselineMs === null}`;
      if (key !== shown) stream.write(`${done}/${budget}  ${stateOf(tune)}\n`);
      shown = key;
    },
    end: () => {},
  };
}

function stateOf({ status, tasks, baselineMs, bestMs, speedup, gflops }: Tune): string {
  if (baselineMs === null || bestMs === null) {
    if (status !== 'running') return status;
    return tasks.length > 1 ? 'measuring the baselines' : 'measuring the baseline';
  }
  const rate = gflops === null ? '' : `, ${gflops.toFixed(1)} GFLOP/s`;
  return `best ${formatMs(bestMs)}${rate}, ${(speedup ?? 1).toFixed(1)}x the baseline`;
}

/** A duration with three significant digits, in µs or ms. */
export function formatMs(ms: number): string {
  return ms < 1 ? `${(ms * 1000).toPrecision(3)} µs` : `${ms.toPrecision(3)} ms`;
}
