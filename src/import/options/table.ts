// The options of an import that are data: what they may be and what they are where nobody says. A caller sets them
// (resolve.ts), or a config file or variable does for all imports (src/config/).

import {
  DEPTH_DEFAULT,
  RECORD_BYTES_DEFAULT,
  RECORD_BYTES_MAX,
  WINDOW_BYTES_DEFAULT,
  WINDOW_BYTES_MAX,
} from '../../base/limits.js';
import { checkCollectionName } from '../../base/names.js';
import { checkIndexPaths, parsePath, parsePointer } from '../../keys/paths.js';
import type { OptionTable } from '../../options/check.js';
import { THREADS, WAITING } from '../../options/shared.js';

/**
 * What an option decides: `records`, which records a source gives and how they are found; `import`, what this one import makes
 * of them, its files included; `nothing` that is stored, but how fast or whether at all.
 */
export type Affects = 'records' | 'import' | 'nothing';

export const IMPORT_OPTIONS = {
  collection: {
    affects: 'nothing',
    type: 'text',
    default: 'records',
    check: checkCollectionName,
    meaning: 'collection to import into',
  },
  key: {
    affects: 'records',
    type: 'text',
    default: undefined,
    check: parsePath,
    meaning: 'path of the primary key; unset: the member name (shape object), the path in a folder, else the ordinal',
  },
  indexes: {
    affects: 'records',
    type: 'texts',
    default: [],
    check: parsePath,
    checkAll: checkIndexPaths,
    meaning: 'paths of secondary indexes',
  },
  select: {
    affects: 'records',
    type: 'text',
    default: undefined,
    check: parsePointer,
    meaning: 'JSON Pointer to the array or object inside the document that holds the records',
  },
  shape: {
    affects: 'records',
    type: 'choice',
    default: undefined,
    choices: ['ndjson', 'values', 'array', 'object'],
    meaning: 'layout of the source; unset: as its name, the collection and its beginning say',
  },
  mode: {
    affects: 'import',
    type: 'choice',
    default: 'replace',
    choices: ['replace', 'upsert', 'insert'],
    meaning: 'what to do with a collection that is there',
  },
  allowEmpty: {
    affects: 'nothing',
    type: 'boolean',
    default: false,
    meaning: 'whether an import may leave a collection without records that has some',
  },
  onDuplicate: {
    affects: 'records',
    type: 'choice',
    default: 'last',
    choices: ['last', 'first', 'error'],
    meaning: 'which of two records with one key stays; unset, with mode insert: error',
  },
  onBadRecord: {
    affects: 'records',
    type: 'choice',
    default: 'fail',
    choices: ['fail', 'skip', 'quarantine'],
    meaning: 'what a bad record leads to',
  },
  maxBad: {
    affects: 'import',
    ...{ type: 'number', default: undefined, min: 0, max: Number.POSITIVE_INFINITY },
    meaning:
      'bad records beyond which an import fails; unset: 1000000 that are quarantined, any number that are skipped',
  },
  maxBadRatio: {
    affects: 'import',
    ...{ type: 'number', unit: 'share', default: 1, min: 0, max: 1 },
    meaning: 'share of bad records beyond which an import fails',
  },
  workers: { ...THREADS.workers, affects: 'nothing' },
  level: { affects: 'import', type: 'integer', default: 1, min: -7, max: 19, meaning: 'zstd level' },
  access: {
    affects: 'nothing',
    // Measured: pread into the kernel's memory is several times cheaper than mapping (docs/decisions.md).
    type: 'choice',
    default: 'read',
    choices: ['mmap', 'read'],
    meaning: 'how source bytes are read',
  },
  spanBytes: {
    affects: 'import',
    ...{ type: 'integer', unit: 'bytes', default: undefined, min: 1, max: 1 << 30 },
    meaning: 'bytes of source per shard; unset: about a 32nd of the source, but 4m to 64m',
  },
  windowBytes: {
    affects: 'nothing',
    ...{ type: 'integer', unit: 'bytes', default: WINDOW_BYTES_DEFAULT, min: 1, max: WINDOW_BYTES_MAX },
    meaning: "bytes of source in a worker's memory at once",
  },
  recordBytesMax: {
    affects: 'records',
    ...{ type: 'integer', unit: 'bytes', default: RECORD_BYTES_DEFAULT, min: 1, max: RECORD_BYTES_MAX },
    meaning: 'largest record accepted',
  },
  depthMax: {
    affects: 'records',
    type: 'integer',
    default: DEPTH_DEFAULT,
    min: 1,
    max: 100_000,
    meaning: 'deepest nesting accepted',
  },
  wait: { ...WAITING.wait, affects: 'nothing' },
  resume: {
    affects: 'nothing',
    type: 'choice',
    default: 'auto',
    choices: ['auto', 'require', 'never'],
    meaning: 'what to do where the same import was killed: go on if that can be, only then, or start afresh',
  },
} as const satisfies OptionTable & Readonly<Record<string, { readonly affects: Affects }>>;

/** The options that decide one of these, in the order of the table. */
export function optionsThatAffect<Options extends object>(options: Options, ...what: Affects[]): Partial<Options> {
  const names = Object.entries(IMPORT_OPTIONS).filter(([, row]) => what.includes(row.affects));
  return Object.fromEntries(names.map(([name]) => [name, options[name as keyof Options]])) as Partial<Options>;
}
