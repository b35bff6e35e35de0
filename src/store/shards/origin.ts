// store at rest: [shard]
//
// What a shard's file says of where it comes from (Section.origin): enough to make the index anew from the shards alone,
// should it be lost. Written by imports; a rewritten file keeps what the first one said.

import { GristmillError } from '../../base/errors.js';
import { ORIGIN_BYTES_MAX, SHAPES_MAX } from '../../base/limits.js';
import { checkIndexPaths, type KeyPath } from '../../keys/key-path.js';
import { FRAMINGS, type Framing } from '../framing.js';
import { areShapes, type EvolvedOrigin } from '../shapes/evolved.js';
import type { KeyRule, ShardEntry } from '../types.js';
import { Section } from './format.js';
import type { ShardReader } from './read.js';

/** What all shards of an import say. */
export interface ImportOrigin {
  /** Number of the import's first shard: no two imports have the same. */
  readonly import: number;
  /** Set if the same transaction published imports into other collections: the number of the first of these. */
  readonly together?: number | undefined;
  readonly collection: string;
  readonly mode: 'replace' | 'upsert' | 'insert';
  /** Which of equal keys stays; `error`: there are none. */
  readonly onDuplicate: 'last' | 'first' | 'error';
  readonly framing: Framing;
  readonly key: KeyRule;
  readonly indexes: readonly KeyPath[];
  /** Those of them that are unique; those that imports keep without naming them. Absent: none. */
  readonly unique?: readonly KeyPath[];
  readonly kept?: readonly KeyPath[];
  /** As in the collection's manifest. */
  readonly positions?: true | undefined;
  /** The versions of the collection. Absent: no migration was ever applied to it. */
  readonly evolved?: EvolvedOrigin | undefined;
}

export interface ShardOrigin extends ImportOrigin {
  readonly shard: number;
  /** Whether lines are `{"key":…,"value":…}`. */
  readonly named: boolean;
  /** The file's name without its directory: a shard may be given to others. */
  readonly source: ShardEntry['source'];
  /** Number of its source among those of the import. */
  readonly sourceNumber: number;
  readonly sources: number;
  /** Where records of that source begin: its first shard is `from` there. */
  readonly sourceFrom: number;
  /** Whether the source, or the container in it, ended with this span. */
  readonly isLast: boolean;
  /** The shape of its records, as the frame table has it. Absent: 0. */
  readonly shape?: number;
}

/** Undefined for a file without one. @throws GristmillError CHECKSUM_MISMATCH */
export function originOf(reader: ShardReader): ShardOrigin | undefined {
  const body = reader.sections().get(Section.origin);
  if (body === undefined || body.equals(NO_ORIGIN)) return undefined;
  const origin = decodeOrigin(body);
  if (origin !== undefined) return origin;
  const { path, frames } = reader;
  const offset = reader.offsetOf(frames);
  const message = `shard ${path} is damaged at byte ${offset}: its origin is not as an import writes it`;
  throw new GristmillError('CHECKSUM_MISMATCH', message, { file: path, offset });
}

/** What compaction writes for a file whose predecessor has no origin: those of the first versions. */
const NO_ORIGIN = Buffer.from('{}');

/** The origin in a section's body; undefined for anything that no import writes. */
export function decodeOrigin(body: Buffer): ShardOrigin | undefined {
  if (body.byteLength > ORIGIN_BYTES_MAX) return undefined;
  let said: unknown;
  try {
    said = JSON.parse(body.toString());
  } catch {
    return undefined;
  }
  return isOrigin(said) ? said : undefined;
}

const MODES: readonly unknown[] = ['replace', 'upsert', 'insert'];
const WINNERS: readonly unknown[] = ['last', 'first', 'error'];
const SHARD_MAX = 0xffff_ffff;

function isOrigin(said: unknown): said is ShardOrigin {
  if (!isObject(said)) return false;
  const { collection, indexes, source, shard, sources } = said;
  return (
    isCount(shard, SHARD_MAX) &&
    // The number of its first shard.
    isCount(said.import, shard) &&
    (said.together === undefined || isCount(said.together)) &&
    isText(collection) &&
    MODES.includes(said.mode) &&
    WINNERS.includes(said.onDuplicate) &&
    FRAMINGS.some((framing) => framing === said.framing) &&
    isKeyRule(said.key) &&
    [indexes, said.unique ?? [], said.kept ?? []].every((paths) => Array.isArray(paths) && arePaths(paths)) &&
    (said.positions === undefined || said.positions === true) &&
    typeof said.named === 'boolean' &&
    isSource(source) &&
    isCount(sources) &&
    isCount(said.sourceNumber) &&
    said.sourceNumber < sources &&
    isCount(said.sourceFrom) &&
    typeof said.isLast === 'boolean' &&
    isCount(said.shape ?? 0, SHAPES_MAX) &&
    (said.evolved === undefined || isEvolved(said.evolved))
  );
}

function isEvolved(said: unknown): said is EvolvedOrigin {
  if (!isObject(said)) return false;
  const { generation, shape, shapes, final, key, indexes, unique = [], kept = [] } = said;
  return (
    areShapes(shapes) &&
    [shape, final].every((number) => isCount(number, shapes.length)) &&
    isCount(generation) &&
    isKeyRule(key) &&
    [indexes, unique, kept].every((paths) => Array.isArray(paths) && arePaths(paths))
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown, max = Number.MAX_SAFE_INTEGER): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max;
}

/** (Stores made before names were checked have names of any kind.) */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isKeyRule(key: unknown): boolean {
  if (!isObject(key)) return false;
  return key.kind === 'name' || key.kind === 'ordinal' || (key.kind === 'path' && arePaths([key.path as KeyPath]));
}

function arePaths(paths: readonly KeyPath[]): boolean {
  try {
    checkIndexPaths(paths);
    return true;
  } catch {
    return false;
  }
}

/** The part of a file that it was made from. The file's name is one, and no path. */
function isSource(source: unknown): boolean {
  if (!isObject(source) || typeof source.file !== 'string' || /[/\0]/.test(source.file)) return false;
  return isCount(source.to) && isCount(source.from, source.to);
}
