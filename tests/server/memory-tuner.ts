/** @file A tuner that only remembers what it was told. Loads without vitest, for processes that tests start. */
import type { Artifacts, TunerReadiness, TunerService } from '../../server/tuner-service.js';

export interface MemoryTuner extends TunerService {
  /** How often there may have been something to begin with. */
  readonly notified: () => number;
  readonly cancelled: readonly string[];
  readonly isClosed: () => boolean;
  readonly setReadiness: (readiness: TunerReadiness) => void;
  /** What happens when files are asked for. */
  readonly onBuild: (build: (tuneId: string) => Promise<Artifacts>) => void;
}

/** The module of no functions. */
const EMPTY_MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

async function tinyArtifacts(tuneId: string): Promise<Artifacts> {
  return {
    wasm: EMPTY_MODULE,
    mjs: `export const tune = '${tuneId}';\n`,
    dts: 'export declare const tune: string;\n',
  };
}

export function createMemoryTuner(): MemoryTuner {
  const cancelled: string[] = [];
  let notified = 0;
  let isClosed = false;
  let readiness: TunerReadiness = { ready: true, checks: { worker: 'ok' } };
  let build = tinyArtifacts;
  return {
    notify: () => notified++,
    cancel: (tuneId) => cancelled.push(tuneId),
    buildArtifacts: (tuneId) => build(tuneId),
    isReady: () => readiness,
    close: async () => {
      isClosed = true;
    },
    notified: () => notified,
    cancelled,
    isClosed: () => isClosed,
    setReadiness: (next) => {
      readiness = next;
    },
    onBuild: (next) => {
      build = next;
    },
  };
}
