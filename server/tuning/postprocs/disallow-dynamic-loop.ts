/** @file Postproc disallow-dynamic-loop: refuses programs with loops whose extent is no constant. */
import { constInt } from '../../../shared/ir/build.js';
import { walkStmt } from '../../../shared/ir/visit.js';
import type { Postproc } from '../space.js';

export const disallowDynamicLoop: Postproc = (schedule) => {
  let dynamic = false;
  walkStmt(schedule.func.root.body, {
    stmt: (s) => {
      if (s.kind === 'For' && constInt(s.extent) === null) dynamic = true;
    },
  });
  return !dynamic;
};
