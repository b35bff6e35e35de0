// The options of an import: one table, resolved once into a frozen, complete object.

import { availableParallelism } from 'node:os';
import {
  DEPTH_DEFAULT,
  INDEXES_MAX,
  RECORD_BYTES_DEFAULT,
  RECORD_BYTES_MAX,
  WINDOW_BYTES_DEFAULT,
  WINDOW_BYTES_MAX,
  WORKERS_MAX,
} from '../limits.js';
import { COLLECTION_NAME } from '../options.js';
import { parsePath } from '../paths.js';
import type { Writer } from '../store/types.js';
import { parsePointer } from './document.js';
import type { ImportOptions, ImportProgress, Shape } from './types.js';

/** All options present; see ImportOptions for what they mean. */
export interface FilledImportOptions {
  readonly collection: string;
  readonly key: string | undefined;
  readonly indexes: readonly string[];
  readonly select: string | undefined;
  readonly shape: Shape | undefined;
  readonly mode: 'replace' | 'upsert' | 'insert';
  readonly onDuplicate: 'last' | 'first' | 'error';
  readonly onBadRecord: 'fail' | 'skip' | 'quarantine';
  readonly maxBad: number;
  readonly maxBadRatio: number;
  readonly workers: number;
  readonly level: number;
  readonly access: 'mmap' | 'read';
  readonly spanBytes: number | undefined;
  readonly windowBytes: number;
  readonly recordBytesMax: number;
  readonly depthMax: number;
  readonly wait: boolean;
  readonly resume: 'auto' | 'require' | 'never';
  readonly onWait: ((writer: Writer) => void) | undefined;
  readonly onProgress: ((progress: ImportProgress) => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

const DEFAULTS: FilledImportOptions = {
  collection: 'records',
  key: undefined,
  indexes: [],
  select: undefined,
  shape: undefined,
  mode: 'replace',
  onDuplicate: 'last',
  onBadRecord: 'fail',
  maxBad: Number.POSITIVE_INFINITY,
  maxBadRatio: 1,
  workers: Math.min(availableParallelism(), WORKERS_MAX),
  level: 1,
  // Measured: pread into the kernel's memory is several times cheaper than mapping (docs/decisions.md).
  access: 'read',
  spanBytes: undefined,
  windowBytes: WINDOW_BYTES_DEFAULT,
  recordBytesMax: RECORD_BYTES_DEFAULT,
  depthMax: DEPTH_DEFAULT,
  wait: true,
  resume: 'auto',
  onWait: undefined,
  onProgress: undefined,
  signal: undefined,
};

const CHOICES: Partial<Record<keyof ImportOptions, readonly string[]>> = {
  shape: ['ndjson', 'values', 'array', 'object'],
  mode: ['replace', 'upsert', 'insert'],
  onDuplicate: ['last', 'first', 'error'],
  onBadRecord: ['fail', 'skip', 'quarantine'],
  access: ['mmap', 'read'],
  resume: ['auto', 'require', 'never'],
};

/** [least, most, whole] */
const RANGES: Partial<Record<keyof ImportOptions, readonly [number, number, boolean]>> = {
  maxBad: [0, Number.POSITIVE_INFINITY, false],
  maxBadRatio: [0, 1, false],
  workers: [1, WORKERS_MAX, true],
  level: [-7, 19, true],
  spanBytes: [1, 1 << 30, true],
  windowBytes: [1, WINDOW_BYTES_MAX, true],
  recordBytesMax: [1, RECORD_BYTES_MAX, true],
  depthMax: [1, 100_000, true],
};

/**
 * @param closing cancels as the option `signal` does.
 * @throws TypeError for an unknown name or a value out of bounds.
 */
export function resolveImportOptions(options: ImportOptions, closing?: AbortSignal): FilledImportOptions {
  if (typeof options !== 'object' || options === null) throw new TypeError('options must be an object');
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(DEFAULTS, name)) throw new TypeError(`options.${name} is not an option of import`);
  }
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const filled = { ...DEFAULTS, ...given } as {
    -readonly [name in keyof FilledImportOptions]: FilledImportOptions[name];
  };
  for (const [name, values] of Object.entries(CHOICES))
    checkChoice(name, filled[name as keyof FilledImportOptions], values);
  for (const [name, range] of Object.entries(RANGES))
    checkRange(name, filled[name as keyof FilledImportOptions], range);
  checkNames(filled);
  if (closing) filled.signal = filled.signal ? AbortSignal.any([filled.signal, closing]) : closing;
  if (filled.mode === 'insert' && options.onDuplicate === undefined) filled.onDuplicate = 'error';
  if (filled.mode === 'insert' && filled.onDuplicate === 'last') {
    throw new TypeError(
      'options.onDuplicate "last" would overwrite stored records, which mode "insert" never does; use mode "upsert"',
    );
  }
  return Object.freeze(filled);
}

function checkChoice(name: string, value: unknown, values: readonly string[]): void {
  if (value === undefined || values.includes(value as string)) return;
  throw new TypeError(`options.${name} must be one of ${values.join(', ')}, not ${JSON.stringify(value)}`);
}

function checkRange(name: string, value: unknown, [least, most, isWhole]: readonly [number, number, boolean]): void {
  if (value === undefined) return;
  const isFine = typeof value === 'number' && value >= least && value <= most && (!isWhole || Number.isInteger(value));
  if (!isFine)
    throw new TypeError(`options.${name} must be a${isWhole ? ' whole' : ''} number from ${least} to ${most}`);
}

function checkNames(options: FilledImportOptions): void {
  const { collection, key, indexes, select, shape, wait, signal } = options;
  if (typeof collection !== 'string' || !COLLECTION_NAME.test(collection)) {
    throw new TypeError('options.collection must be 1 to 200 printable characters');
  }
  if (!Array.isArray(indexes) || indexes.length > INDEXES_MAX - 1) {
    throw new TypeError(`options.indexes must be a list of at most ${INDEXES_MAX - 1} paths`);
  }
  const paths = indexes.map((path) => JSON.stringify(parsePath(path)));
  if (new Set(paths).size < paths.length) throw new TypeError('options.indexes must not name a path twice');
  if (key !== undefined) parsePath(key);
  if (select !== undefined) {
    if (typeof select !== 'string') throw new TypeError('options.select must be a JSON Pointer');
    parsePointer(select);
    if (shape === 'ndjson' || shape === 'values') {
      throw new TypeError(
        `options.select names an array or object inside one document; shape "${shape}" has no such document`,
      );
    }
  }
  if (typeof wait !== 'boolean') throw new TypeError('options.wait must be true or false');
  for (const name of ['onProgress', 'onWait'] as const) {
    if (options[name] === undefined || typeof options[name] === 'function') continue;
    throw new TypeError(`options.${name} must be a function`);
  }
  if (signal !== undefined && typeof signal?.addEventListener !== 'function')
    throw new TypeError('options.signal must be an AbortSignal');
}

/** @throws TypeError */
export function checkSources(sources: readonly string[]): void {
  const areFine =
    Array.isArray(sources) && sources.length > 0 && sources.every((path) => typeof path === 'string' && path !== '');
  if (!areFine) throw new TypeError('an import needs the path of at least one source');
}
