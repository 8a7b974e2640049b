/**
 * @file `and`, `or` and `not` in Python's precedence.
 *
 * The grammar lets `not` take in everything to its right, so that `not a and b` comes out as `not (a and b)`. The
 * order of the words in the tree is right all the same: this flattens a condition to its words and sorts out anew
 * what belongs together.
 */
import type { SyntaxNode } from '@lezer/common';
import { childrenOf, splitAt } from './syntax.js';

/** `operand` under a number of `not`s. */
export interface Factor {
  readonly nots: number;
  /** `null` when the words do not make sense. */
  readonly operand: SyntaxNode | null;
}

export function isNot(node: SyntaxNode): boolean {
  return node.name === 'UnaryExpression' && childrenOf(node)[0]?.name === 'not';
}

export function isBoolean(node: SyntaxNode): boolean {
  const operator = node.name === 'BinaryExpression' ? childrenOf(node)[1]?.name : undefined;
  return operator === 'and' || operator === 'or' || isNot(node);
}

/** A condition as alternatives (`or`) of conjunctions (`and`) of factors. Parentheses are operands. */
export function alternativesOf(node: SyntaxNode): Factor[][] {
  const words: SyntaxNode[] = [];
  const pending = [node];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (isBoolean(next)) pending.push(...childrenOf(next).toReversed());
    else words.push(next);
  }
  return splitAt(words, 'or').map((alternative) => splitAt(alternative, 'and').map(toFactor));
}

function toFactor(words: readonly SyntaxNode[]): Factor {
  const [operand, extra] = words.filter((word) => word.name !== 'not');
  return {
    nots: words.filter((word) => word.name === 'not').length,
    operand: extra === undefined ? (operand ?? null) : null,
  };
}
