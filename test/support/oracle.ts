// What records and keys should be, worked out on quite another way than the kernels: with JSON.parse, regular expressions
// and walks over JavaScript trees.

import type { ScannedRecord, ScanOptions } from '../../src/kernel/contract.js';
import { encodeKey, type KeyValue } from '../../src/keys/encode.js';

const STRING_OR_BLANKS = /("(?:[^"\\]|\\.)*")|[ \t\r\n]+/gs;
const STRING_OR_BRACKET = /"(?:[^"\\]|\\.)*"|([[{])|([\]}])/gs;

/** The text of `bytes` if they are valid UTF-8 and JSON nested no deeper than `depthMax`. */
export function acceptedText(bytes: Uint8Array, depthMax: number): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    JSON.parse(text);
    return depthOf(text) <= depthMax ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Valid JSON text without its insignificant white space. */
export function stripped(text: string): string {
  return text.replace(STRING_OR_BLANKS, (_, string) => string ?? '');
}

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [, opener, closer] of text.matchAll(STRING_OR_BRACKET)) {
    if (opener) deepest = Math.max(deepest, ++depth);
    if (closer) depth--;
  }
  return deepest;
}

const NOT_SCALAR = Symbol('not a scalar');

/** The values at a path of a tree, arrays being transparent. */
function valuesAt(tree: unknown, path: readonly string[]): (KeyValue | typeof NOT_SCALAR)[] {
  if (Array.isArray(tree)) return tree.flatMap((element) => valuesAt(element, path));
  const isObject = typeof tree === 'object' && tree !== null;
  const [name, ...rest] = path;
  if (name === undefined) return [isObject ? NOT_SCALAR : (tree as KeyValue)];
  return isObject && Object.hasOwn(tree, name) ? valuesAt((tree as Record<string, unknown>)[name], rest) : [];
}

function leadsThroughArray(tree: unknown, path: readonly string[]): boolean {
  if (Array.isArray(tree)) return true;
  const [name, ...rest] = path;
  const isObject = typeof tree === 'object' && tree !== null;
  return isObject && name !== undefined && Object.hasOwn(tree, name)
    ? leadsThroughArray((tree as Record<string, unknown>)[name], rest)
    : false;
}

/** The keys of a record, from its tree; or the reason it has none. Right where no number is longer than a double. */
export function keysOf(
  tree: unknown,
  options: ScanOptions,
): ScannedRecord['keys'] | 'KEY_MISSING' | 'KEY_NOT_SCALAR' | 'KEY_NULL' {
  const keys: [number, string][] = [];
  if (options.primary !== undefined) {
    const [primary] = valuesAt(tree, options.primary);
    if (primary === undefined) return 'KEY_MISSING';
    if (primary === NOT_SCALAR || leadsThroughArray(tree, options.primary)) return 'KEY_NOT_SCALAR';
    if (primary === null && options.allowsNull !== true) return 'KEY_NULL';
    keys.push([0, hex(primary)]);
  }
  for (const [index, path] of options.secondary.entries()) {
    for (const value of valuesAt(tree, path)) if (value !== NOT_SCALAR) keys.push([index + 1, hex(value)]);
  }
  return keys;
}

function hex(value: KeyValue): string {
  return Buffer.from(encodeKey(value)).toString('hex');
}
