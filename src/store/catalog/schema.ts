// store at rest: [catalog]
//
// What the JSON values of the catalog must be (docs/format.md, Catalog). A checksum tells that a value is what somebody
// wrote, not that it was gristmill: a store may come from somebody else. So every value is checked where it is decoded, and
// again where it is encoded, before anything is made of it: types, bounds, forms of names, and what the fields of a value
// must be together. What several values must be together is for verification (upkeep/verify/relations.ts).

import {
  FRAMES_PER_SHARD_MAX,
  INDEXES_MAX,
  JOINED_SHARDS_MAX,
  PATCHES_MAX,
  RECORDS_PER_SHARD_MAX,
  SHAPES_MAX,
  SOURCE_ROWS_PER_CHUNK,
} from '../../base/limits.js';
import { checkKeyPath, isSamePath, type KeyPath } from '../../keys/key-path.js';
import { OPERATIONS } from '../../options/shared.js';
import type { AuditHead } from '../audit-types.js';
import type { Edit } from '../edit-types.js';
import { isShardFileName } from '../files/layout.js';
import { FRAMINGS } from '../framing.js';
import type { LockRecord } from '../lock-types.js';
import type { RecentState } from '../recent-types.js';
import type { History, Shape } from '../shape-types.js';
import { isMigration } from '../shapes/evolved.js';
import type { SourceLines, SourceManifest, SourceVersion } from '../source-types.js';
import type {
  CollectionManifest,
  Garbage,
  IndexManifest,
  ResumableImport,
  ShardEntry,
  StoredSchema,
  StoreHeader,
  TombstoneState,
} from '../types.js';
import {
  boolean,
  type Check,
  integer,
  is,
  list,
  object,
  oneOf,
  optional,
  text,
  time,
  tuple,
  U32_MAX,
  uuid,
} from './checks.js';

/** Shards, trees and collections are numbered from 1; in the keys their numbers, and the next ones, are u32. */
const number = integer(U32_MAX - 1, 1);
const next = integer(U32_MAX, 1);
const count = integer();
const generation = integer();
const records = integer(RECORDS_PER_SHARD_MAX);
const shape = integer(SHAPES_MAX);

export const headerCheck = object<StoreHeader>({
  format: integer(U32_MAX, 1),
  created: time,
  nextShard: next,
  nextTree: next,
  nextCollection: next,
  generation,
});

/** Paths that were right: each commit writes a manifest, and each reader then reads it. */
const rightPaths = new Set<unknown>();
const RIGHT_PATHS_MAX = 1024;

const path = is((given) => {
  if (rightPaths.has(given)) return true;
  try {
    checkKeyPath(given as KeyPath);
    // A list may change, and is another one each time.
    if (typeof given === 'string' && rightPaths.size < RIGHT_PATHS_MAX) rightPaths.add(given);
    return true;
  } catch {
    return false;
  }
});

const keyPath = object<{ path: KeyPath }>({ path });
const keyRule: Check = (value) => {
  const { kind } = (value ?? {}) as { kind?: unknown };
  if (kind === 'path') return keyPath(value);
  return kind === 'name' || kind === 'ordinal' ? undefined : '';
};

/** Empty for the index of member names. */
const primaryPath: Check = (value) => (value === '' ? undefined : path(value));

const recentState = object<RecentState>({
  values: count,
  gained: integer(Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER),
  since: generation,
  keyed: boolean,
});

/** @param named the check of its path */
const indexOf = (named: Check): Check =>
  object<IndexManifest>({
    path: named,
    tree: number,
    entries: count,
    pages: count,
    kept: optional(oneOf(true)),
    unique: optional(oneOf(true)),
    recent: optional(recentState),
  });

/** A salt for data key 1, or what makes secrets without a data key (seal/hidden-keys.ts). */
const KEY_SALT = /^(?:[0-9a-f]{32}|[0-9a-f]{64})$/;
const SHA256 = /^[0-9a-f]{64}$/;

export const shardCheck = object<ShardEntry>(
  {
    ...{ shard: number, fileNumber: integer(U32_MAX - 1), file: text(), records, holes: records, firstOrdinal: count },
    ...{ frames: integer(FRAMES_PER_SHARD_MAX), plainBytes: count, storedBytes: count, sha256: text(), named: boolean },
    ...{ at: optional(count), shape: optional(shape) },
    source: object<ShardEntry['source']>({ file: text(), from: count, to: count }, ({ from, to }) =>
      from <= to ? undefined : '.to',
    ),
  },
  ({ shard, fileNumber, file, at, records, holes, firstOrdinal, frames, storedBytes, sha256 }) => {
    if (holes > records) return '.holes';
    if (!Number.isSafeInteger(firstOrdinal + records)) return '.firstOrdinal';
    if (fileNumber === 0) {
      // An inline shard has no file.
      if (file !== '') return '.file';
      if (at !== undefined) return '.at';
      if (sha256 !== '') return '.sha256';
      if (frames !== 0) return '.frames';
      if (storedBytes !== 0) return '.storedBytes';
      return holes === 0 ? undefined : '.holes';
    }
    // The shards of a joined file have its number and those after it.
    const first = at === undefined ? fileNumber : Number.parseInt(file, 10);
    if (first < shard) return '.fileNumber';
    if (!isShardFileName(file, first)) return '.file';
    if (fileNumber < first || fileNumber >= first + JOINED_SHARDS_MAX) return '.fileNumber';
    if (at !== undefined && !Number.isSafeInteger(at + storedBytes)) return '.at';
    return SHA256.test(sha256) ? undefined : '.sha256';
  },
);

export const collectionCheck = object<CollectionManifest>(
  {
    ...{ name: text(), id: number, generation, framing: oneOf(...FRAMINGS), key: keyRule },
    ...{ primary: optional(indexOf(primaryPath)), secondary: list(indexOf(path), INDEXES_MAX - 1) },
    positions: optional(oneOf(true)),
    keySalt: optional(text((given) => KEY_SALT.test(given))),
    ...{ records: count, dead: count, holes: count, cleaned: optional(count), dropped: optional(count), inline: count },
    ...{ edits: optional(count), shape: optional(shape) },
    schema: optional(text((given) => SHA256.test(given))),
    ...{ shards: integer(U32_MAX), layout: generation, made: optional(generation), open: optional(shardCheck) },
    ...{ sourceBytes: count, storedBytes: count, plainBytes: count, published: time },
  },
  ({ key, primary, records, dead, holes, cleaned = 0, inline, generation, layout, open }) => {
    if ((key.kind === 'ordinal') !== (primary === undefined)) return '.primary';
    if (primary !== undefined && !isSamePath(primary.path, key.kind === 'path' ? key.path : '')) return '.primary.path';
    if (!Number.isSafeInteger(records + dead)) return '.records';
    if (holes > dead) return '.holes';
    if (cleaned > dead) return '.cleaned';
    if (inline > records + dead) return '.inline';
    if (layout > generation) return '.layout';
    return open === undefined || open.fileNumber === 0 ? undefined : '.open.fileNumber';
  },
);

const migration = is(isMigration);

export const historyCheck = object<Omit<History, 'functions'>>(
  {
    version: oneOf(1),
    shapes: list(
      object<Shape>({ from: shape, migration, applied: time, onFailure: optional(oneOf('keep', 'null')) }),
      SHAPES_MAX,
    ),
    final: shape,
  },
  ({ shapes, final }) => {
    const wrong = shapes.findIndex(({ from }, i) => from > i);
    if (wrong !== -1) return `.shapes[${wrong}].from`;
    return final > shapes.length ? '.final' : undefined;
  },
);

export const storedSchemaCheck = object<StoredSchema>({
  ...{ version: oneOf(1), text: text(), since: time, onlyNew: optional(oneOf(true)) },
});

export const tombstonesCheck = object<TombstoneState>({ dead: records, generation });

export const editCheck = object<Edit>(
  {
    kind: oneOf('put', 'patch', 'delete'),
    patches: optional(list(text(), PATCHES_MAX)),
    shape: optional(shape),
    origin: optional(tuple(number, records)),
    key: optional(text()),
  },
  ({ kind, patches }) => ((kind === 'patch') === (patches !== undefined) ? undefined : '.patches'),
);

export const lockCheck = object<LockRecord>({
  ...{ token: uuid, operation: oneOf(...OPERATIONS) },
  ...{ collection: optional(text()), merging: optional(text()), alsoMerging: optional(list(text())) },
  isPublished: optional(boolean),
  left: optional(list(uuid)),
  mayWake: optional(
    list(object<NonNullable<LockRecord['mayWake']>[number]>({ token: uuid, pid: integer(), process: text() })),
  ),
  ...{ isAbandoned: optional(boolean), host: text(), pid: integer(), process: text(), since: time, renewed: time },
});

const shardFile = text((file) => isShardFileName(file));
export const auditHeadCheck = object<AuditHead>(
  {
    ...{ chain: uuid, first: integer(undefined, 1), sequence: count },
    ...{ base: text((given) => SHA256.test(given)), hash: text((given) => SHA256.test(given)) },
    ...{ generation, keep: optional(count), key: optional(text((given) => SHA256.test(given))) },
  },
  ({ first, sequence }) => (first <= sequence + 1 ? undefined : '.first'),
);

export const garbageCheck = object<Garbage>({
  files: list(object<Garbage['files'][number]>({ file: shardFile, after: count })),
  trees: list(number),
  inline: list(number),
});

export const resumableCheck = list(
  object<ResumableImport>(
    { id: uuid, collection: text(), firstShard: number, spans: integer(U32_MAX) },
    ({ firstShard, spans }) => (firstShard + spans <= U32_MAX ? undefined : '.spans'),
  ),
);

export const sourcesCheck = object<SourceManifest>(
  {
    ...{ version: oneOf(1), sources: list(text()), rules: text(), hasDuplicates: boolean, files: count },
    chunks: integer(U32_MAX),
  },
  ({ files, chunks }) => (chunks === Math.ceil(files / SOURCE_ROWS_PER_CHUNK) ? undefined : '.chunks'),
);

/** An integer as text: times in nanoseconds do not fit a double. */
const INTEGER = /^-?\d{1,40}$/;
const digits = text((given) => INTEGER.test(given));
const HASH = /^[0-9a-f]{1,16}$/;
const hash = text((given) => HASH.test(given));

const inFolder = text((given) => {
  if (given.includes('\0')) return false;
  return given === '' || given.split('/').every((name) => name !== '' && name !== '.' && name !== '..');
});

/** Shard, first ordinal, count, shard, … */
const ranges: Check = (value) => {
  if (!Array.isArray(value) || value.length % 3 !== 0) return '';
  for (let i = 0; i < value.length; i++) if ((i % 3 === 0 ? number : records)(value[i]) !== undefined) return `[${i}]`;
  return undefined;
};

const span: Check = (value) =>
  tuple(count, count, hash, count, number)(value) ??
  ((value as number[])[0]! <= (value as number[])[1]! ? undefined : '[1]');

const lines = object<SourceLines>({ head: hash, tail: hash, spans: optional(list(span)) });

const version = object<SourceVersion>({ etag: optional(text()), modified: optional(text()) });
const rowOf = (path: Check, last: Check) =>
  tuple(integer(U32_MAX), path, count, digits, digits, digits, count, ranges, last);
const fileRow = rowOf(inFolder, optional(lines));
const objectRow = rowOf(text(), version);
/** A version has one of these at least; what has neither is to be a file's. */
const isOfObject = (last: unknown) =>
  typeof last === 'object' && last !== null && ('etag' in last || 'modified' in last) && !('head' in last);

export const sourceRowsCheck = list(
  (row) => (Array.isArray(row) && isOfObject(row[8]) ? objectRow : fileRow)(row),
  SOURCE_ROWS_PER_CHUNK,
);
