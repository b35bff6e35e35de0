// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// Which directories are stores, so that no store is taken for a source: neither the one that is imported into, nor another
// one or a backup that lies in the same folder. A store is known by what is in it, whatever path leads there.

import { lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GristmillError } from '../../base/errors.js';
import {
  CATALOG_FILE,
  hotSetPath,
  INDEX_DIRECTORY,
  QUARANTINE_DIRECTORY,
  SHARDS_DIRECTORY,
  TEMPORARY_DIRECTORY,
} from '../../store/files/layout.js';

const SHARD_FILE = /^\d{8,}\.ndjson\.zst$/;
/** Names that a store has in addition to its shards. */
const OTHERS = new Set([INDEX_DIRECTORY, QUARANTINE_DIRECTORY, TEMPORARY_DIRECTORY, hotSetPath('')]);

/** Whether a directory is a store. One that has lost its index is known by having nothing but a store's files. */
export function isStoreDirectory(path: string): boolean {
  const shards = join(path, SHARDS_DIRECTORY);
  if (!isThere(shards, 'isDirectory')) return false;
  if (isThere(join(path, CATALOG_FILE), 'isFile')) return true;
  try {
    const isOurs = readdirSync(path).every((name) => name === SHARDS_DIRECTORY || OTHERS.has(name));
    return isOurs && readdirSync(shards).some((name) => SHARD_FILE.test(name));
  } catch {
    return false; // whoever reads it tells why it cannot be
  }
}

/**
 * @param fine directories of sources that were let through: they need not be looked at again for a file in them
 * @returns whether the source is a file, and no link to one
 * @throws GristmillError SOURCE_IS_A_STORE for a source, file or folder, that is a store or lies in one
 */
export function refuseStore(source: string, fine = new Set<string>()): boolean {
  const isFile = isPlainFile(source);
  if (isFile && fine.has(dirname(source))) return true;
  let at: string;
  try {
    at = realpathSync(source);
  } catch {
    return false; // opening it tells why it cannot be read
  }
  for (let above = dirname(at); ; [at, above] = [above, dirname(above)]) {
    if (isStoreDirectory(at)) {
      const message = `${source} is part of a gristmill store (${at}), and a store is not a source. To write its records to a file, use gristmill export.`;
      throw new GristmillError('SOURCE_IS_A_STORE', message, { file: source });
    }
    if (above === at) break;
  }
  if (isFile) fine.add(dirname(source));
  return isFile;
}

/** Whether it is a file itself, and no link to one. */
function isPlainFile(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  } catch {
    return false;
  }
}

function isThere(path: string, kind: 'isFile' | 'isDirectory'): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.[kind]() ?? false;
  } catch {
    return false;
  }
}
