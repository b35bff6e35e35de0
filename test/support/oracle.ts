// What records and keys should be, worked out on quite another way than the kernels: with JSON.parse, regular expressions
// and walks over JavaScript trees.

import type { ScannedRecord, ScanOptions } from '../../src/kernel/contract.js';
import { encodeKey, type KeyPart } from '../../src/keys/encode.js';
import type { KeyNames, Names } from '../../src/keys/key-path.js';

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

/** The values at a path of a tree: a number picks an element of an array, to names arrays are transparent. */
function valuesAt(tree: unknown, path: Names): (KeyPart | typeof NOT_SCALAR)[] {
  const [name, ...rest] = path;
  if (Array.isArray(tree)) {
    if (typeof name !== 'number') return tree.flatMap((element) => valuesAt(element, path));
    return name < tree.length ? valuesAt(tree[name], rest) : [];
  }
  const isObject = typeof tree === 'object' && tree !== null;
  if (name === undefined) return [isObject ? NOT_SCALAR : (tree as KeyPart)];
  return isObject && Object.hasOwn(tree, name) ? valuesAt((tree as Record<string, unknown>)[name], rest) : [];
}

function leadsThroughArray(tree: unknown, path: Names): boolean {
  const [name, ...rest] = path;
  if (Array.isArray(tree)) return typeof name !== 'number' || leadsThroughArray(tree[name], rest);
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
    const parts = pathsIn(options.primary).map((path) => ({ path, values: valuesAt(tree, path) }));
    if (parts.some(({ values }) => values.length === 0)) return 'KEY_MISSING';
    const isScalar = parts.every(({ path, values }) => values[0] !== NOT_SCALAR && !leadsThroughArray(tree, path));
    if (!isScalar) return 'KEY_NOT_SCALAR';
    if (parts.some(({ values }) => values[0] === null) && options.allowsNull !== true) return 'KEY_NULL';
    keys.push(...keysFrom(0, options.primary, tree));
  }
  for (const [i, path] of options.secondary.entries()) keys.push(...keysFrom(i + 1, path, tree));
  return keys;
}

/** A key for each value; for a composite key, for each combination of values, the first component slowest. */
function keysFrom(index: number, key: KeyNames, tree: unknown): [number, string][] {
  const scalars = pathsIn(key).map((path) =>
    valuesAt(tree, path)
      .filter((value) => value !== NOT_SCALAR)
      .map(hex),
  );
  if (!Array.isArray(key[0])) return scalars[0]!.map((value) => [index, value]);
  const joined = scalars.reduce(
    (begun, values) => begun.flatMap((begin) => values.map((value) => begin + value)),
    ['30'],
  );
  return joined.map((value) => [index, `${value}00`]);
}

function pathsIn(key: KeyNames): readonly Names[] {
  return (Array.isArray(key[0]) ? key : [key]) as readonly Names[];
}

function hex(value: KeyPart | typeof NOT_SCALAR): string {
  return Buffer.from(encodeKey(value as KeyPart)).toString('hex');
}
