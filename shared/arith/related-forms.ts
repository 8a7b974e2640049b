/** @file Which of many linear facts can say something about a linear form. */
import type { Linear } from './linear.js';
import { sameExpr } from './same-expr.js';

/**
 * The last `max` of the facts that share a term with the form, or with another such fact. When there are no more than
 * `max` facts, all of them: those that share nothing do no harm.
 */
export function relatedForms(form: Linear, facts: readonly Linear[], max: number): readonly Linear[] {
  if (facts.length <= max) return facts;
  const related = new Set([form]);
  // A set is walked in the order of insertion, what is inserted on the way included.
  for (const known of related) {
    for (const fact of facts) if (shareTerm(known, fact)) related.add(fact);
  }
  return facts.filter((fact) => related.has(fact)).slice(-max);
}

function shareTerm(a: Linear, b: Linear): boolean {
  return a.terms.some(([atom]) => b.terms.some(([other]) => sameExpr(other, atom)));
}
