/**
 * @file Seeded random numbers. Whoever needs chance is handed an `Rng`: the same seed gives the same run.
 *
 * Streams are forked by label: a fork depends on the seed and the labels on the way to it and on nothing else, so
 * that drawing more numbers in one place changes none elsewhere.
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import { at, invariant } from './errors.js';

/** A stream of random numbers. Its functions need no `this` and may be passed around alone. */
export interface Rng {
  /** A uniform integer in `[0, exclusiveMax)`. */
  readonly nextInt: (exclusiveMax: number) => number;
  /** A uniform number in `[0, 1)`, with 53 random bits. */
  readonly nextFloat: () => number;
  /** An independent stream; drawing from either does not change the other. The same label gives the same stream. */
  readonly fork: (label: string) => Rng;
}

/** Four 32-bit words: the state of xoroshiro128+, never all zero. */
type Key = readonly [number, number, number, number];

const ROOT_KEY: Key = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x6a09e667];

/** Odd multipliers, one per lane, so that lanes never agree. */
const LANE_MULTIPLIERS = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f] as const;

/** Finalizer of MurmurHash3: every input bit changes every output bit with probability near one half. */
function avalanche(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function deriveKey(key: Key, label: string): Key {
  const lanes = [...key];
  for (let i = 0; i < label.length; i++) {
    for (let lane = 0; lane < 4; lane++) {
      lanes[lane] = Math.imul(at(lanes, lane) ^ label.charCodeAt(i), at(LANE_MULTIPLIERS, lane));
    }
  }
  const sum = lanes.reduce((total, lane) => (total + avalanche(lane)) | 0, label.length);
  const word = (lane: number): number => avalanche(at(lanes, lane) + Math.imul(sum, lane + 1));
  return [word(0), word(1), word(2), word(3) | 1];
}

function rngOf(key: Key): Rng {
  const generator = xoroshiro128plusFromState(key);
  return {
    nextInt: (exclusiveMax) => {
      invariant(
        Number.isSafeInteger(exclusiveMax) && exclusiveMax >= 1,
        `nextInt(${exclusiveMax}) has no value to give`,
      );
      return uniformInt(generator, 0, exclusiveMax - 1);
    },
    nextFloat: () => uniformFloat64(generator),
    fork: (label) => rngOf(deriveKey(key, label)),
  };
}

/** The stream of a seed: any number, usually an integer. */
export function createRng(seed: number): Rng {
  return rngOf(deriveKey(ROOT_KEY, String(seed)));
}
