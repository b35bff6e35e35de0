// store at rest: [directory]
//
// The directory of a store: how it is laid out, made and checked (docs/format.md). Made with mode 0700 from the start,
// never chmod-ed later; opened only when it is ours: a real directory that nobody else may write to.

import { existsSync, lstatSync, mkdirSync, readdirSync, realpathSync, rmSync, type Stats } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { GristmillError } from '../../base/errors.js';
import { ioError, isMissing } from '../../base/system-errors.js';
import { syncDirectory } from './io.js';
import { checkOwner, otherWriters } from './own-files.js';

export const SHARDS_DIRECTORY = 'shards';
export const QUARANTINE_DIRECTORY = 'quarantine';
export const TEMPORARY_DIRECTORY = 'tmp';
/** Directory of the LMDB environment, and its file; both in the store. */
export const INDEX_DIRECTORY = 'index';
export const CATALOG_FILE = join(INDEX_DIRECTORY, 'data.mdb');
/** The file that all processes with the open index share: the states that are read, and the lock of the writer. */
export const CATALOG_LOCK_FILE = join(INDEX_DIRECTORY, 'lock.mdb');
/** See store/lmdb/gate.ts; its lock file has this name with the suffix. */
export const GATE_FILE = join(INDEX_DIRECTORY, 'gate.mdb');
export const GATE_LOCK_SUFFIX = '-lock';
/** The file of the most read keys (lookup/warm/hot-set-file.ts). */
const HOT_SET_FILE = 'hot-set.ndjson';
/** The key ring of an encrypted store (store/ring/ring.ts). */
export const KEY_RING_FILE = 'keys.json';
const UNFINISHED_RING = /^keys\.json\.[0-9a-f-]{36}\.new$/;
/** What makes an encrypted store of a plain one, the other way round, and one with other keys of an encrypted one. */
export const CONVERSIONS = ['encrypt', 'decrypt', 'reencrypt'] as const;
export type ConversionKind = (typeof CONVERSIONS)[number];
const OUR_FILES = new Set([HOT_SET_FILE, `${HOT_SET_FILE}.new`, KEY_RING_FILE]);
const OURS = new Set([
  ...[INDEX_DIRECTORY, SHARDS_DIRECTORY, QUARANTINE_DIRECTORY, TEMPORARY_DIRECTORY],
  ...CONVERSIONS.flatMap((kind) => [kind, unfinishedConversion(kind)]),
]);

/** Where a conversion that is under way has what it has made. */
export function unfinishedConversion(kind: ConversionKind): string {
  return `${kind}.partial`;
}

/** A conversion that is at work, or was interrupted before it was decided. */
export function begunConversion(store: string): ConversionKind | undefined {
  return CONVERSIONS.find((kind) => existsSync(join(store, unfinishedConversion(kind))));
}

/** Removes what conversions have left that were interrupted. Nobody is at one. @param but the one that continues */
export function removeBegunConversions(store: string, but?: ConversionKind): void {
  for (const kind of CONVERSIONS) {
    if (kind !== but) rmSync(join(store, unfinishedConversion(kind)), { recursive: true, force: true });
  }
}

/** A conversion that is decided, but not all in place (store/lock/conversion.ts). */
export function decidedConversion(store: string): ConversionKind | undefined {
  return CONVERSIONS.find((kind) => existsSync(join(store, kind)));
}

/** Name of a shard's file, from its number alone. @param isSealed whether the store is encrypted */
export function shardFileName(shard: number, isSealed = false): string {
  return `${String(shard).padStart(8, '0')}.${isSealed ? 'sealed' : 'ndjson.zst'}`;
}

/** Whether it is the name of a shard's file, in a plain or in an encrypted store. */
export function isShardFileName(file: string, shard = Number.parseInt(file, 10)): boolean {
  return file === shardFileName(shard) || file === shardFileName(shard, true);
}

const SEPARATORS = /[/\\\0]/;

/**
 * Returns the path of a file in a directory of a store. The name may come from the store, so it must not lead out of the
 * directory.
 * @throws GristmillError CHECKSUM_MISMATCH if it is not the name of a file
 */
export function pathIn(directory: string, name: string): string {
  if (name !== '' && name !== '.' && name !== '..' && !SEPARATORS.test(name)) return join(directory, name);
  const message = `${JSON.stringify(name).slice(0, 80)} cannot be a file in ${directory}: the store is damaged; verify it`;
  throw new GristmillError('CHECKSUM_MISMATCH', message, { file: directory });
}

/** Begins the name of a directory under `tmp/` for runs of a new index: it is no import's. */
export const INDEX_PREFIX = 'index-';

/** Where an import has its sorted runs and its journal. */
export function temporaryPath(store: string, id: string): string {
  return pathIn(join(store, TEMPORARY_DIRECTORY), id);
}

/** The path of the journal, in which an import records its finished spans (import/resume/journal.ts). */
export function journalPath(store: string, id: string): string {
  return join(temporaryPath(store, id), 'journal');
}

/** @param name see store/quarantine/names.ts */
export function quarantinePath(store: string, name: string): string {
  return pathIn(join(store, QUARANTINE_DIRECTORY), `${name}.ndjson`);
}

export function hotSetPath(store: string): string {
  return join(store, HOT_SET_FILE);
}

export function shardPath(store: string, file: string): string {
  return pathIn(join(store, SHARDS_DIRECTORY), file);
}

/** What is trusted beside directories that only this user and root can change. */
export interface Trust {
  /** The id of a user whose directories are trusted too. */
  readonly trustOwner?: number | undefined;
  /** Whether the group of a directory may write to it, and a link may lead to the store. */
  readonly trustShared?: boolean | undefined;
}

/**
 * Returns the absolute path of the directory that a path names: behind a link, the directory itself.
 * @throws GristmillError STORE_NOT_FOUND, STORE_NOT_A_STORE, STORE_NOT_TRUSTED, IO_ERROR
 */
export function storeDirectory(path: string, { trustOwner, trustShared }: Trust): string {
  const directory = resolve(path);
  const stat = statOf(directory);
  if (stat === undefined || !stat.isSymbolicLink()) return directory;
  if (!trustShared) {
    const message = `${directory} is a symbolic link: name the directory itself, or if you trust the link, give option trustShared: true`;
    throw new GristmillError('STORE_NOT_A_STORE', message, { file: directory });
  }
  checkOwner(directory, stat, trustOwner);
  try {
    return realpathSync(directory);
  } catch (cause) {
    if (!isMissing(cause)) throw ioError(cause, 'follow', directory);
    const message = `there is no store at ${directory}: it is a symbolic link, and its target does not exist`;
    throw new GristmillError('STORE_NOT_FOUND', message, { file: directory, cause });
  }
}

/**
 * Makes the directory of a store if there is none (`create`), or checks that the directory is a store.
 * @returns the absolute path of the directory.
 * @throws GristmillError STORE_NOT_FOUND, STORE_NOT_A_STORE, STORE_NOT_TRUSTED, IO_ERROR.
 */
export function prepareStoreDirectory(path: string, create: boolean, trust: Trust = {}): string {
  const directory = storeDirectory(path, trust);
  const stat = statOf(directory);
  if (stat === undefined) {
    if (!create) {
      throw new GristmillError('STORE_NOT_FOUND', `there is no store at ${directory}: import something into it first`, {
        file: directory,
      });
    }
    makeDirectory(directory);
    syncDirectory(dirname(directory));
  } else {
    checkDirectory(directory, stat, trust);
  }
  const names = namesIn(directory);
  const foreign = names.find(isForeign);
  const whole = statOf(join(directory, CATALOG_FILE)) !== undefined;
  if (!whole && hasShards(directory)) {
    const message = `the index of ${directory} is missing, but its shards exist: gristmill repair makes a new index from them`;
    throw new GristmillError('STORE_NOT_A_STORE', message, { file: directory });
  }
  if (!whole && (foreign !== undefined || !create)) {
    const why = foreign === undefined ? 'it has no index' : `it has other files, such as ${foreign}, and no index`;
    throw new GristmillError('STORE_NOT_A_STORE', `${directory} is not a store: ${why}`, { file: directory });
  }
  if (create) {
    makeDirectory(join(directory, SHARDS_DIRECTORY));
    syncDirectory(directory);
  }
  checkDirectories(
    directory,
    names.filter((name) => OURS.has(name)),
    trust,
  );
  return directory;
}

/**
 * That directories of a store are real ones, of owners that are trusted; those that are there.
 * @throws GristmillError STORE_NOT_A_STORE, STORE_NOT_TRUSTED
 */
export function checkDirectories(store: string, names: readonly string[], trust: Trust): void {
  for (const name of names) {
    const path = join(store, name);
    const found = statOf(path);
    // A writer in another process may have removed one that was empty since they were listed.
    if (found !== undefined) checkDirectory(path, found, trust);
  }
}

/** Names in the directory of a store that gristmill did not make. @throws GristmillError IO_ERROR */
export function foreignNames(directory: string): readonly string[] {
  return namesIn(directory).filter(isForeign);
}

function isForeign(name: string): boolean {
  return !OURS.has(name) && !OUR_FILES.has(name) && !isUnfinishedRing(name);
}

/** Whether it is the name of a key ring that did not come in place. */
export function isUnfinishedRing(name: string): boolean {
  return UNFINISHED_RING.test(name);
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (cause) {
    throw ioError(cause, 'list', directory);
  }
}

/** Whether there are shard files: then there was an index, and making a new one would give their numbers away again. */
export function hasShards(store: string): boolean {
  try {
    return readdirSync(join(store, SHARDS_DIRECTORY)).length > 0;
  } catch (cause) {
    if (isMissing(cause)) return false;
    throw ioError(cause, 'list', join(store, SHARDS_DIRECTORY));
  }
}

/** Makes a directory with mode 0700 if there is none. */
export function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw ioError(cause, 'make directory', path);
  }
}

/**
 * Makes a directory and those above it that are missing, private too; their names are durable. The path is absolute.
 * @throws GristmillError IO_ERROR
 */
export function makeDirectories(path: string): void {
  let first: string | undefined;
  try {
    first = mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw ioError(cause, 'make directory', path);
  }
  if (first === undefined) return;
  const above = dirname(resolve(first));
  for (let directory = dirname(path); ; directory = dirname(directory)) {
    syncDirectory(directory);
    if (directory === above || directory === dirname(directory)) return;
  }
}

function checkDirectory(path: string, stat: Stats, { trustOwner, trustShared }: Trust): void {
  const refuse = (why: string): never => {
    throw new GristmillError('STORE_NOT_A_STORE', `${path} cannot be a directory of a store: it ${why}`, {
      file: path,
    });
  };
  if (stat.isSymbolicLink()) refuse('is a symbolic link; name the directory itself');
  if (!stat.isDirectory()) refuse('is not a directory');
  const writers = otherWriters(stat);
  if (writers === 'all') refuse('can be written by other users; remove that right (chmod go-w)');
  if (writers === 'group' && !trustShared) {
    const group = 'can be written by the users of its group';
    refuse(`${group}; remove that right (chmod g-w), or if you trust them, give option trustShared: true`);
  }
  checkOwner(path, stat, trustOwner);
}

function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return undefined;
    throw ioError(cause, 'look at', path);
  }
}
