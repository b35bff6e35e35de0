// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// What the names of sources mean. A URL with `file:` is the path it names. A pattern, such as `data/*.json`, that no shell
// has replaced is the folder before its first special character, of which the files that match are taken. After the path of
// an archive and `::` stands a pattern of its entries.

import { lstatSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { splitPattern } from './globs.js';

const SPECIAL = /[*?[{]/;
const REMOTE = /^(?:https?|s3):/i;
/** Stands between the path of an archive and a path or pattern in it. */
const SEPARATOR = '::';

/** Where a source is. */
export interface Place {
  /** The path of the file or folder. */
  readonly root: string;
  /** The pattern of paths in the folder or archive. Absent: the whole source is meant. */
  readonly glob?: string;
  /** Whether the source is said to be an archive. */
  readonly isArchive?: true;
}

/** Whether a source is at an address, and no path. */
export function isRemote(source: unknown): source is string | URL {
  return source instanceof URL
    ? REMOTE.test(source.protocol)
    : typeof source === 'string' && /^(?:https?|s3):\/\//i.test(source);
}

/** A source as others know it too: an absolute path, or an address as it is. */
export function absoluteOf(source: string): string {
  return isRemote(source) ? source : resolve(source);
}

/** A file or folder that is there is meant literally, whatever its name. */
export function placeOf(source: string): Place {
  const separator = source.lastIndexOf(SEPARATOR);
  if ((separator < 1 && !SPECIAL.test(source)) || isThere(source)) return { root: source };
  const [root, inside] = [source.slice(0, separator), source.slice(separator + SEPARATOR.length)];
  if (separator > 0 && inside !== '') return { root, glob: inside, isArchive: true };
  const { base, glob } = splitPattern(source);
  if (glob === '') return { root: source };
  return { root: base === '' ? '.' : base, glob };
}

/** An entry, as reports and errors name it. */
export function entryPath(archive: string, path: string): string {
  return `${archive}${SEPARATOR}${path}`;
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** The paths of sources; an address is left as it is. @throws TypeError for a list without sources, and for what is neither a path nor a `file:` URL */
export function pathsOf(sources: readonly (string | URL)[]): string[] {
  const areFine = Array.isArray(sources) && sources.length > 0 && sources.every(isName);
  if (!areFine) throw new TypeError('an import needs the path of at least one source');
  return sources.map((source) => {
    if (isRemote(source)) return `${source}`;
    const isUrl = source instanceof URL || /^file:\/\//i.test(source);
    if (!isUrl) return source as string;
    try {
      return fileURLToPath(source);
    } catch (cause) {
      throw new TypeError(`${source} is not the URL of a file here: ${(cause as Error).message}`, { cause });
    }
  });
}

function isName(source: unknown): boolean {
  return source instanceof URL || (typeof source === 'string' && source !== '');
}
