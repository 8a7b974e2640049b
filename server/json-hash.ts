/** @file Hashes of what can be written as JSON. */
import { createHash } from 'node:crypto';

/** 64 hexadecimal digits, the same in every process. Values are equal when their JSON texts are, keys in order. */
export function jsonHash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
