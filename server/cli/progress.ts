/** @file Progress of a tune: a bar on a terminal, a line now and then elsewhere. Standard error, so that results stay clean. */
import { SingleBar } from 'cli-progress';
import type { Tune } from '../../shared/protocol/tune.js';

export interface Progress {
  readonly update: (tune: Tune) => void;
  readonly end: () => void;
}

export function createProgress(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? progressBar(stream) : progressLines(stream);
}

function progressBar(stream: NodeJS.WriteStream): Progress {
  const bar = new SingleBar({
    stream,
    format: '{bar} {value}/{total}  {state}',
    hideCursor: true,
    clearOnComplete: true,
    barsize: 30,
    linewrap: false,
  });
  let started = false;
  return {
    update: (tune) => {
      if (!started) bar.start(tune.trials.budget, 0, { state: stateOf(tune) });
      started = true;
      bar.update(tune.trials.done, { state: stateOf(tune) });
    },
    end: () => bar.stop(),
  };
}

function progressLines(stream: NodeJS.WriteStream): Progress {
  let shown = '';
  return {
    update: (tune) => {
      // One line per eighth of the budget, and whenever the state changes.
      const eighth = Math.floor((tune.trials.done / tune.trials.budget) * 8);
      const key = `${tune.status} ${eighth} ${tune.baselineMs === null}`;
      if (key !== shown) stream.write(`${tune.trials.done}/${tune.trials.budget}  ${stateOf(tune)}\n`);
      shown = key;
    },
    end: () => {},
  };
}

function stateOf({ status, bestMs, speedup, gflops }: Tune): string {
  if (bestMs === null) return status === 'running' ? 'measuring the baseline' : status;
  const rate = gflops === null ? '' : `, ${gflops.toFixed(1)} GFLOP/s`;
  return `best ${formatMs(bestMs)}${rate}, ${(speedup ?? 1).toFixed(1)}x the baseline`;
}

/** A duration with three significant digits, in µs or ms. */
export function formatMs(ms: number): string {
  return ms < 1 ? `${(ms * 1000).toPrecision(3)} µs` : `${ms.toPrecision(3)} ms`;
}
