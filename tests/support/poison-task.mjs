/**
 * @file A measuring task whose compiler does harm to order: a program named after a row of POISONS, or with a loop
 * annotated `poison` with the number of a row of ANNOTATED, gets that kernel (or that behaviour) instead of its own.
 * Plain JavaScript, because a worker thread loads it. Everything else is the product's own code from `dist/`.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import wabtModule from 'wabt';
import { walkStmt } from '../../dist/shared/ir/visit.js';
import { compileFunc } from '../../dist/worker/lower/compile.js';
import { serveJobs } from '../../dist/worker/measure/serve-jobs.js';

const wabt = await wabtModule();

/** Kernels over two parameters and the workspace; `run` does `body`, `bench` does `benchBody`. */
function kernelOf(kernel, body, benchBody = body) {
  const module = wabt.parseWat(
    'poison.wat',
    `(module
      (import "env" "memory" (memory 0))
      (func (export "run") (param $a i32) (param $b i32) (param $w i32) ${body})
      (func (export "bench") (param $n i32) (param $a i32) (param $b i32) (param $w i32) ${benchBody}))`,
  );
  return { ...kernel, wasm: module.toBinary({}).buffer };
}

const ENDLESS = '(loop $again (br $again))';
const COPY = '(memory.copy (local.get $b) (local.get $a) (i32.const 64))';

const POISONS = {
  endless_run: (kernel) => kernelOf(kernel, ENDLESS),
  endless_bench: (kernel) => kernelOf(kernel, COPY, ENDLESS),
  trap: (kernel) => kernelOf(kernel, 'unreachable'),
  out_of_bounds: (kernel) => kernelOf(kernel, '(i32.store (i32.const -4) (i32.const 1))'),
  divide_by_zero: (kernel) =>
    kernelOf(kernel, '(i32.store (local.get $b) (i32.div_s (i32.const 1) (i32.const 0)))'),
  deep_recursion: (kernel) => kernelOf(kernel, '(call 0 (local.get $a) (local.get $b) (local.get $w))'),
  wrong: (kernel) => kernelOf(kernel, `${COPY} (f32.store offset=20 (local.get $b) (f32.const 77))`),
  not_a_number: (kernel) => kernelOf(kernel, `${COPY} (f32.store offset=20 (local.get $b) (f32.const nan))`),
  idle: (kernel) => kernelOf(kernel, ''),
  too_much_memory: (kernel) => ({ ...kernel, abi: { ...kernel.abi, workspaceBytes: 2 ** 32 } }),
  bad_module: (kernel) => ({ ...kernel, wasm: new Uint8Array([0, 1, 2, 3]) }),
  defect: () => {
    throw new TypeError('undefined is not a compiler');
  },
  throws_text: () => {
    // eslint-disable-next-line no-throw-literal
    throw 'just text';
  },
  endless_build: () => {
    for (;;);
  },
  heap_exhausted: () => {
    const chunk = Array.from({ length: 1e5 }, () => 0.5);
    const hoard = [];
    for (;;) hoard.push(chunk.slice());
  },
  exit: () => process.exit(3),
  kill_host: () => process.kill(process.pid, 'SIGKILL'),
};

const ANNOTATED = [
  'none',
  'endless_run',
  'endless_bench',
  'trap',
  'out_of_bounds',
  'wrong',
  'not_a_number',
  'bad_module',
  'none',
];

/** The row of POISONS that a program asks for. */
function poisonOf(func) {
  let asked = func.name;
  walkStmt(func.root.body, {
    stmt: (s) => {
      if (s.kind === 'For' && 'poison' in s.annotations) asked = ANNOTATED[s.annotations.poison];
    },
  });
  return asked;
}

/** Kills the host the first time only: the name ends in a token that says whose first time. */
function killOnce(kernel, name) {
  const marker = join(tmpdir(), name);
  if (existsSync(marker)) return kernel;
  writeFileSync(marker, '');
  return POISONS.kill_host();
}

export const run = serveJobs((func, target, options) => {
  const kernel = compileFunc(func, target, options);
  // The reference is built without `bench`, and stays as it is.
  if (!options.bench) return kernel;
  if (func.name.startsWith('kill_once_')) return killOnce(kernel, func.name);
  const asked = poisonOf(func);
  const poison = Object.hasOwn(POISONS, asked) ? POISONS[asked] : (same) => same;
  return poison(kernel);
});
