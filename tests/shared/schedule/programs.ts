/** @file Programs that the tests of schedules share, written as TVMScript. */
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import { parseScript } from '../../../shared/script/parse.js';
import { at } from '../../../shared/support/errors.js';

/** The only function of a script; `body` is the indented text after `def main(params):`. */
export function program(params: string, body: string): PrimFunc {
  const text = `@T.prim_func\ndef main(${params}):\n${body}`;
  return at(parseScript(text).functions, 0);
}

/** `B = A * 2`, three loops: TVM's favourite for loop transformations. */
export function elementwise3d(n: number, m = n, l = n): PrimFunc {
  return program(
    `A: T.Buffer((${n}, ${m}, ${l}), "float32"), B: T.Buffer((${n}, ${m}, ${l}), "float32")`,
    `
    for i, j, k in T.grid(${n}, ${m}, ${l}):
        with T.block("B"):
            vi, vj, vk = T.axis.remap("SSS", [i, j, k])
            B[vi, vj, vk] = A[vi, vj, vk] * T.float32(2)
`,
  );
}

/** `C = A + B` over one loop. */
export function vectorAdd(n: number): PrimFunc {
  const buffers = ['A', 'B', 'C'].map((name) => `${name}: T.Buffer((${n},), "float32")`).join(', ');
  return program(
    buffers,
    `
    for i in range(${n}):
        with T.block("C"):
            vi = T.axis.spatial(${n}, i)
            C[vi] = A[vi] + B[vi]
`,
  );
}

/** `C = A @ B`, one reduction block C with an init, loops i, j, k. */
export function matmul(n: number, m = n, l = n): PrimFunc {
  return program(
    `A: T.Buffer((${n}, ${l}), "float32"), B: T.Buffer((${l}, ${m}), "float32"), C: T.Buffer((${n}, ${m}), "float32")`,
    `
    for i, j, k in T.grid(${n}, ${m}, ${l}):
        with T.block("C"):
            vi, vj, vk = T.axis.remap("SSR", [i, j, k])
            with T.init():
                C[vi, vj] = T.float32(0)
            C[vi, vj] = C[vi, vj] + A[vi, vk] * B[vk, vj]
`,
  );
}

/** `Y = A @ B`, `C = max(Y, 0)`. */
export function matmulRelu(n: number): PrimFunc {
  const buffers = ['A', 'B', 'C'].map((name) => `${name}: T.Buffer((${n}, ${n}), "float32")`).join(', ');
  return program(
    buffers,
    `
    Y = T.alloc_buffer((${n}, ${n}), "float32")
    for i, j, k in T.grid(${n}, ${n}, ${n}):
        with T.block("Y"):
            vi, vj, vk = T.axis.remap("SSR", [i, j, k])
            with T.init():
                Y[vi, vj] = T.float32(0)
            Y[vi, vj] = Y[vi, vj] + A[vi, vk] * B[vk, vj]
    for i, j in T.grid(${n}, ${n}):
        with T.block("C"):
            vi, vj = T.axis.remap("SS", [i, j])
            C[vi, vj] = T.max(Y[vi, vj], T.float32(0))
`,
  );
}

/** `B = A * 2`, `C = B + 1`. */
export function twoElementwise(n: number): PrimFunc {
  return program(
    `A: T.Buffer((${n}, ${n}), "float32"), C: T.Buffer((${n}, ${n}), "float32")`,
    `
    B = T.alloc_buffer((${n}, ${n}), "float32")
    for i, j in T.grid(${n}, ${n}):
        with T.block("B"):
            vi, vj = T.axis.remap("SS", [i, j])
            B[vi, vj] = A[vi, vj] * T.float32(2)
    for i, j in T.grid(${n}, ${n}):
        with T.block("C"):
            vi, vj = T.axis.remap("SS", [i, j])
            C[vi, vj] = B[vi, vj] + T.float32(1)
`,
  );
}

/** `C[i, j] = A[i, j] + S[i]` with the row sums S of A: every sum has many consumers. */
export function rowSumsAdded(n: number): PrimFunc {
  return program(
    `A: T.Buffer((${n}, ${n}), "float32"), C: T.Buffer((${n}, ${n}), "float32")`,
    `
    S = T.alloc_buffer((${n},), "float32")
    for i, k in T.grid(${n}, ${n}):
        with T.block("S"):
            vi, vk = T.axis.remap("SR", [i, k])
            with T.init():
                S[vi] = T.float32(0)
            S[vi] = S[vi] + A[vi, vk]
    for i, j in T.grid(${n}, ${n}):
        with T.block("C"):
            vi, vj = T.axis.remap("SS", [i, j])
            C[vi, vj] = A[vi, vj] + S[vi]
`,
  );
}
