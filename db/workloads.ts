/**
 * @file Distinct programs. Two submissions of one program share a row, whatever its names are; the structural hash finds
 * the bucket and structural equality decides.
 */
import { z } from 'zod';
import { structuralEqual, structuralHash } from '../shared/ir/structural.js';
import type { PrimFunc } from '../shared/ir/prim-func.js';
import { parseScript } from '../shared/script/parse.js';
import { invariant } from '../shared/support/errors.js';
import type { Database } from './open.js';
import { run, selectAll, transaction } from './statement.js';

/** A checked program, ready to be stored. */
export interface Program {
  readonly func: PrimFunc;
  /** `func` as TVMScript. */
  readonly script: string;
  /** Arithmetic operations on data in one run. */
  readonly flops: number;
}

const WorkloadRow = z.object({ id: z.int(), script: z.string() });

/** The id of the stored program equal to this one, which is stored if there is none. */
export function findOrAddWorkload(
  db: Database,
  program: Program,
  at: number,
  hashOf: (func: PrimFunc) => string = structuralHash,
): number {
  const hash = hashOf(program.func);
  return transaction(db, () => {
    const bucket = selectAll(
      db,
      WorkloadRow,
      'SELECT id, script FROM workloads WHERE hash = :hash ORDER BY id',
      { hash },
    );
    const known = bucket.find((row) => isSameProgram(row.script, program));
    if (known !== undefined) return known.id;
    const { script, flops } = program;
    const added = run(
      db,
      'INSERT INTO workloads (hash, script, flops, created_at) VALUES (:hash, :script, :flops, :at)',
      { hash, script, flops, at },
    );
    return Number(added.lastInsertRowid);
  });
}

/** Equal text settles it; otherwise only names may differ. */
function isSameProgram(script: string, program: Program): boolean {
  return script === program.script || structuralEqual(readStored(script), program.func);
}

function readStored(script: string): PrimFunc {
  const [func, ...others] = parseScript(script).functions;
  invariant(func !== undefined && others.length === 0, 'a stored program is one function');
  return func;
}
