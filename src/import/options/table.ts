// The options of an import that are data, each with its allowed values and its default. A caller sets them
// (resolve.ts), or a config file or variable does for all imports (src/config/).

import {
  DECODER_BYTES_DEFAULT,
  DEPTH_DEFAULT,
  EXPANSION_DEFAULT,
  RECORD_BYTES_DEFAULT,
  RECORD_BYTES_MAX,
  WINDOW_BYTES_DEFAULT,
  WINDOW_BYTES_MAX,
} from '../../base/limits.js';
import { checkCollectionName } from '../../base/names.js';
import { checkIndexPaths, checkKeyPath } from '../../keys/key-path.js';
import { parsePointer } from '../../keys/paths.js';
import type { OptionTable } from '../../options/check.js';
import { THREADS, WAITING } from '../../options/shared.js';
import { parseCellTypes } from '../format/cell-types.js';
import { checkPattern } from '../names/globs.js';
import type { Effect } from './effect.js';
import { RULE_OPTIONS } from './rule-table.js';

export const IMPORT_OPTIONS = {
  collection: {
    affects: 'nothing',
    ...{ type: 'text', default: 'records', check: checkCollectionName },
    meaning: 'collection to import into',
  },
  key: {
    affects: 'records',
    type: 'path',
    default: undefined,
    check: checkKeyPath,
    meaning:
      'path of the primary key, or a list of the paths of its components; unset: the member name (layout object), the path of the file in a folder, else the ordinal',
  },
  indexes: {
    affects: 'records',
    ...{ type: 'indexes', unique: 'uniqueIndexes', default: [], check: checkIndexPaths },
    meaning:
      'secondary indexes: the path of each, for a composite one a list of the paths of its components; or an object with `path` and `unique`. Indexes that `index add` made stay. An upsert or insert that names no index uses the indexes of the collection',
  },
  uniqueIndexes: {
    affects: 'records',
    isLater: true,
    ...{ type: 'paths', default: [], check: checkIndexPaths },
    meaning: 'paths of secondary indexes in which no two records may have the same value',
  },
  select: {
    affects: 'records',
    type: 'text',
    default: undefined,
    check: parsePointer,
    meaning:
      'JSON Pointer to the array or object inside each document that contains the records; `*` stands for every element or member, `~2` for a member named `*`',
  },
  layout: {
    affects: 'records',
    formerly: 'shape',
    type: 'choice',
    default: undefined,
    choices: ['ndjson', 'values', 'array', 'object', 'elements'],
    meaning:
      'layout of the source; unset: decided by the name of the source, the collection, or the beginning of the source',
  },
  mode: {
    affects: 'import',
    type: 'choice',
    default: undefined,
    choices: ['replace', 'upsert', 'insert'],
    meaning:
      'replace the collection, upsert records into it, or insert only new ones; unset: replace, but fail with MODE_NEEDED if the collection has records of other sources',
  },
  changes: {
    affects: 'nothing',
    type: 'choice',
    default: undefined,
    choices: ['refuse', 'keep', 'drop'],
    meaning:
      'transactions may have changed records that the import replaces; keep: apply these changes to the new records; drop: drop them; refuse: fail; unset: keep, but with mode upsert or insert drop',
  },
  allowEmpty: {
    affects: 'nothing',
    type: 'boolean',
    default: false,
    meaning: 'if the sources have no records, empty the collection; false: fail with SOURCE_EMPTY',
  },
  onDuplicate: {
    affects: 'records',
    type: 'choice',
    default: 'last',
    choices: ['last', 'first', 'error'],
    meaning: 'which of two records with the same key to keep; unset, with mode insert: error',
  },
  onBadRecord: {
    affects: 'records',
    type: 'choice',
    default: 'fail',
    choices: ['fail', 'skip', 'quarantine'],
    meaning: 'what to do with a bad record: fail, skip it, or write it to a quarantine file in the store',
  },
  onBadFile: {
    affects: 'import',
    isLater: true,
    type: 'choice',
    default: 'fail',
    choices: ['fail', 'skip', 'quarantine'],
    meaning:
      'what to do with a file that vanishes, cannot be read, or has no records (it is empty, or has nothing at select): fail, leave it out, or leave it out and note it in a quarantine file',
  },
  include: {
    affects: 'records',
    isLater: true,
    type: 'texts',
    default: [],
    check: checkPattern,
    meaning: 'patterns of the files of a folder to import, such as *.geojson; empty: *.json, *.ndjson and *.jsonl',
  },
  exclude: {
    affects: 'records',
    isLater: true,
    type: 'texts',
    default: [],
    check: checkPattern,
    meaning: 'patterns of files and folders in a folder to leave out',
  },
  dialect: {
    affects: 'records',
    isLater: true,
    type: 'choice',
    default: 'json',
    choices: ['json', 'json5'],
    meaning: 'syntax of the sources; json5: comments, trailing commas, single quotes, bare names, more numbers',
  },
  nonfinite: {
    affects: 'records',
    isLater: true,
    type: 'choice',
    default: 'reject',
    choices: ['reject', 'null', 'string'],
    meaning: 'what to do with NaN, Infinity and -Infinity: the record is bad, or they become null, or strings',
  },
  onTruncated: {
    affects: 'records',
    isLater: true,
    type: 'choice',
    default: 'fail',
    choices: ['fail', 'keep'],
    meaning:
      'what to do with a source that ends inside its array, object or last record: fail, or keep the complete records',
  },
  codec: {
    affects: 'records',
    isLater: true,
    type: 'choice',
    default: undefined,
    choices: ['none', 'gzip', 'zstd', 'bzip2', 'xz', 'lz4', 'brotli'],
    meaning: 'compression of the sources; unset: detected by their first bytes, brotli by the ending .br',
  },
  format: {
    affects: 'records',
    isLater: true,
    type: 'choice',
    default: undefined,
    choices: ['json', 'csv', 'tsv', 'bson', 'es-bulk'],
    meaning: 'format of the sources; unset: csv, tsv or bson for files with that ending, else json',
  },
  types: {
    affects: 'records',
    isLater: true,
    type: 'text',
    default: undefined,
    check: parseCellTypes,
    meaning:
      'types of the cells of CSV and TSV files: auto, or price=number,active=boolean (also string); unset: all are strings',
  },
  ...RULE_OPTIONS,
  maxExpansion: {
    affects: 'nothing',
    ...{ type: 'number', default: EXPANSION_DEFAULT, min: 1, max: Number.POSITIVE_INFINITY },
    meaning:
      'refuse a compressed source whose text is more than this many times as large, once the text is larger than 64m',
  },
  maxDecoderMemory: {
    affects: 'nothing',
    ...{ type: 'integer', unit: 'bytes', default: DECODER_BYTES_DEFAULT, min: 1, max: 4 * 1024 ** 3 },
    meaning: 'memory that the decoder of a compressed source may use; a zstd file made with --long=31 takes 2g',
  },
  maxBad: {
    affects: 'import',
    ...{ type: 'number', default: undefined, min: 0, max: Number.POSITIVE_INFINITY },
    meaning: 'the import fails if more records than this are bad; unset: 1000000 with quarantine, no limit with skip',
  },
  maxBadRatio: {
    affects: 'import',
    ...{ type: 'number', unit: 'share', default: 1, min: 0, max: 1 },
    meaning: 'the import fails if more than this share of the records is bad',
  },
  workers: { ...THREADS.workers, affects: 'nothing' },
  compression: {
    affects: 'import',
    isLater: true,
    type: 'choice',
    default: 'zstd',
    choices: ['zstd', 'none'],
    meaning:
      'compression of the shards; none: the shards hold the records as they are, which `grep` finds, until a compaction with `recompress` compresses them',
  },
  level: { affects: 'import', type: 'integer', default: 1, min: -7, max: 19, meaning: 'zstd compression level' },
  profile: {
    affects: 'import',
    isLater: true,
    ...{ type: 'boolean', default: false },
    meaning:
      'note what paths and values the records have while they are imported, for `schema`; without it, `schema` reads the stored records',
  },
  access: {
    affects: 'nothing',
    // Measured: pread into the kernel's memory is several times cheaper than mapping (docs/decisions.md).
    type: 'choice',
    default: 'read',
    choices: ['mmap', 'read'],
    meaning: 'how to read source bytes: with read calls, or through a memory map',
  },
  spanBytes: {
    affects: 'import',
    ...{ type: 'integer', unit: 'bytes', default: undefined, min: 1, max: 1 << 30 },
    meaning: 'source bytes per shard; unset: about 1/32 of the source, at least 4m, at most 64m',
  },
  windowBytes: {
    affects: 'nothing',
    ...{ type: 'integer', unit: 'bytes', default: WINDOW_BYTES_DEFAULT, min: 1, max: WINDOW_BYTES_MAX },
    meaning: 'source bytes in the memory of a worker at once',
  },
  recordBytesMax: {
    affects: 'records',
    ...{ type: 'integer', unit: 'bytes', default: RECORD_BYTES_DEFAULT, min: 1, max: RECORD_BYTES_MAX },
    meaning: 'size of the largest accepted record',
  },
  depthMax: {
    affects: 'records',
    type: 'integer',
    default: DEPTH_DEFAULT,
    min: 1,
    max: 100_000,
    meaning: 'deepest accepted nesting of arrays and objects',
  },
  wait: { ...WAITING.wait, affects: 'nothing' },
  resume: {
    affects: 'nothing',
    type: 'choice',
    default: 'auto',
    choices: ['auto', 'require', 'never'],
    meaning:
      'what to do after a killed import of the same sources; auto: resume if possible; require: resume or fail; never: start from the beginning',
  },
} as const satisfies OptionTable & Readonly<Record<string, Effect>>;
