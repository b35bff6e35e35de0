// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// What the names of sources mean. A URL with `file:` is the path it names. A pattern, such as `data/*.json`, that no shell
// has replaced is the folder before its first special character, of which the files that match are taken.

import { lstatSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { splitPattern } from './globs.js';

const SPECIAL = /[*?[{]/;

/** Where a source is. */
export interface Place {
  /** The path of the file or folder. */
  readonly root: string;
  /** The pattern of paths in the folder. Absent: the whole source is meant. */
  readonly glob?: string;
}

/** A file or folder that is there is meant literally, whatever its name. */
export function placeOf(source: string): Place {
  if (!SPECIAL.test(source) || isThere(source)) return { root: source };
  const { base, glob } = splitPattern(source);
  if (glob === '') return { root: source };
  return { root: base === '' ? '.' : base, glob };
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** The paths of sources. @throws TypeError for a list without sources, and for what is neither a path nor a `file:` URL */
export function pathsOf(sources: readonly (string | URL)[]): string[] {
  const areFine = Array.isArray(sources) && sources.length > 0 && sources.every(isName);
  if (!areFine) throw new TypeError('an import needs the path of at least one source');
  return sources.map((source) => {
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
