// source > [compare] > import > vanish > publish
//
// What a comparison looks at, and how much of a changed file is taken. A file that somebody is writing to is half of what
// it is going to be; of lines that were appended those that are whole are as good as they will ever be.

import { resolve } from 'node:path';
import { isRemote, placeOf } from '../import/names/sources.js';
import { codingIn } from '../import/sequence/plain.js';
import { openSource } from '../import/source/open.js';
import type { Fingerprint, Source } from '../import/source/source.js';
import type { SourceVersion } from '../store/source-types.js';
import type { NotedFile } from './manifest.js';
import { GROWN_BYTES_MIN, hasGrown } from './notes.js';

/** What is read of a changed file: all of it, the complete lines that were appended to it, or nothing yet. */
export type Take = 'all' | 'growth' | 'nothing';

/** The facts that distinguish one version of a file from another. */
export interface FileFacts {
  readonly bytes: number;
  /** Milliseconds since 1970, with fractions where the file system has them. */
  readonly mtimeMs: number;
  /** The version of a remote object. `mtimeMs` is 0 if the time of a remote object is not known. */
  readonly version?: SourceVersion | undefined;
}

export interface Looking {
  /** The absolute paths of files and folders, and the names of remote sources, to look at. Undefined: all. */
  readonly paths?: ReadonlySet<string> | undefined;
  /** Called for each new or changed file, with its absolute path or the address of the object. */
  readonly take: (path: string, facts: FileFacts) => Take;
}

/** The part of one source that is looked at. */
export class Scope {
  readonly #root: string;
  /** Paths in the source; undefined for all of it. */
  readonly paths: ReadonlySet<string> | undefined;

  constructor(source: string, paths: ReadonlySet<string> | undefined) {
    this.#root = isRemote(source) ? source : resolve(placeOf(source).root);
    if (paths === undefined || [...ancestors(this.#root)].some((path) => paths.has(path))) return;
    const below = `${this.#root}/`;
    this.paths = new Set([...paths].filter((path) => path.startsWith(below)).map((path) => path.slice(below.length)));
  }

  /** Whether the file at `path` in the source is looked at. */
  has(path: string): boolean {
    if (this.paths === undefined) return true;
    for (const above of ancestors(path)) if (this.paths.has(above)) return true;
    return false;
  }
}

/** The path, and all that it is in. */
export function* ancestors(path: string): Generator<string> {
  for (let at = path; at !== ''; at = at.slice(0, Math.max(at.lastIndexOf('/'), 0))) yield at;
}

const NEWLINE = '\n'.charCodeAt(0);
const CHUNK_BYTES = 64 * 1024;
const NS_PER_MS = 1e6;

/**
 * What is taken of a new or changed file: its fingerprint, that of its beginning, or undefined for nothing yet.
 * @param full its absolute path, or the address of a remote object
 * @param before what is stored of it
 * @param hasLines whether a file at this path is one of lines that are records
 */
export function takenOf(
  { take }: Looking,
  full: string,
  fingerprint: Fingerprint,
  before: NotedFile | undefined,
  hasLines: (path: string) => boolean,
): Fingerprint | undefined {
  const { bytes, modifiedNs, version } = fingerprint;
  const taken = take(full, { bytes, mtimeMs: Number(modifiedNs) / NS_PER_MS, ...(version && { version }) });
  // Of another version of an object nothing is known.
  if (taken !== 'growth' || version !== undefined) return taken === 'all' ? fingerprint : undefined;
  const mayHaveLines = hasLines(full) || before?.lines !== undefined;
  if (!mayHaveLines || (before !== undefined && !hasOnlyGrown(full, fingerprint, before))) return undefined;
  const from = before?.fingerprint.bytes ?? 0;
  const growing = { ...fingerprint, grows: true } as const;
  const end = endOfLines(full, growing, from);
  return end > from ? { ...growing, bytes: end } : undefined;
}

/** What is too small for its ends to be known is believed to have grown when it has become longer. */
function hasOnlyGrown(path: string, now: Fingerprint, before: NotedFile): boolean {
  const { fingerprint: then, lines } = before;
  if (lines !== undefined || then.bytes >= GROWN_BYTES_MIN) return hasGrown(path, { ...now, grows: true }, before);
  return now.inode === then.inode && now.device === then.device && now.bytes >= then.bytes;
}

/** Where the last whole line ends that begins at `from` or behind it; else `from`. */
export function endOfLines(path: string, fingerprint: Fingerprint, from: number): number {
  let file: Source;
  try {
    file = openSource(path, 'read', fingerprint);
  } catch {
    return from; // it has changed again: whoever changed it is still at it
  }
  try {
    // Of a compressed file no beginning is of any use.
    if (codingIn(file, {}) !== undefined) return from;
    for (let to = fingerprint.bytes; to > from; to -= CHUNK_BYTES) {
      const start = Math.max(from, to - CHUNK_BYTES);
      const at = file.bytesAt(start, to).lastIndexOf(NEWLINE);
      if (at >= 0) return start + at + 1;
    }
    return from;
  } catch {
    return from;
  } finally {
    file.close();
  }
}
