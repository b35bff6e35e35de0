// source > [compare] > import > publish
//
// What is new in sources that are logs: files of lines that only grow, until they are rotated. A log is known again by its
// inode and by what it begins and ends with, not by its name. So a log that was renamed, copied and truncated, or replaced
// is a new one, and its records stay. Lines of the old one that no round has read are looked for beside it.

import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { GristmillError } from '../base/errors.js';
import { type NameOptions, Names } from '../import/names/names.js';
import { placeOf } from '../import/names/sources.js';
import { isFolderOf } from '../import/plan/sources.js';
import { Folder } from '../import/source/folder.js';
import { fingerprintAt } from '../import/source/open.js';
import type { Fingerprint } from '../import/source/source.js';
import { refuseStore } from '../import/source/store-directory.js';
import type { ImportTarget } from '../import/work.js';
import type { Pause } from '../parallel/pause.js';
import { idOf } from './compare.js';
import { endOfLines, type Looking } from './looking.js';
import type { NotedFile } from './manifest.js';
import { hasEnds } from './notes.js';

/** Whole lines of a file that no round has read. */
export interface LogPart {
  /** The path of the file. */
  readonly full: string;
  readonly from: number;
  /** Of the file up to the last whole line. */
  readonly fingerprint: Fingerprint;
}

/** A log that has new lines. */
export interface ChangedLog {
  readonly source: number;
  /** The source, and the path in it if it is a folder. */
  readonly root: string;
  readonly path: string;
  /** What is stored of it. */
  readonly before?: NotedFile;
  /** The rest of the log that had this name before, under its new name. */
  readonly rest?: LogPart;
  readonly grown?: LogPart;
  /** Whether the file is the one that is stored, and has only grown. */
  readonly isSame: boolean;
}

/** A log that has another name now, and no new line. */
export type MovedLog = Required<Pick<ChangedLog, 'source' | 'path' | 'before'>>;

/** @param noted files by source and path. @throws SOURCE_NOT_FOUND for a log that never was there; SOURCE_NOT_READABLE; CANCELLED */
export async function changedLogs(
  { directory }: ImportTarget,
  sources: readonly string[],
  noted: ReadonlyMap<string, NotedFile>,
  pause: Pause,
  { take }: Looking,
  options: NameOptions,
): Promise<{ readonly changed: readonly ChangedLog[]; readonly moved: readonly MovedLog[] }> {
  const changed: ChangedLog[] = [];
  const moved: MovedLog[] = [];
  const byInode = new Map([...noted.values()].map((file) => [inodeOf(file.fingerprint), file]));
  const look = (source: number, root: string, path: string, fingerprint: Fingerprint | undefined, names?: Names) => {
    const full = resolve(root, path);
    const known = noted.get(idOf({ source, path }));
    const before = known ?? (fingerprint && byInode.get(inodeOf(fingerprint)));
    const isSame =
      fingerprint !== undefined &&
      before !== undefined &&
      inodeOf(fingerprint) === inodeOf(before.fingerprint) &&
      continues(full, fingerprint, before);
    const mtimeMs = Number(fingerprint?.modifiedNs ?? 0n) / 1e6;
    if (fingerprint && take(full, { bytes: fingerprint.bytes, mtimeMs }) === 'nothing') return;
    const grown = fingerprint && partOf(full, fingerprint, isSame ? before.fingerprint.bytes : 0);
    const rest =
      known === undefined || isSame
        ? undefined
        : restOf(full, known, (other) => names?.takes(join(dirname(path), other)) ?? false);
    if (isSame && !grown && !known) moved.push({ source, path, before });
    if (!grown && !rest) return;
    changed.push({
      source,
      root,
      path,
      isSame,
      ...(before && { before }),
      ...(rest && { rest }),
      ...(grown && { grown }),
    });
  };
  for (const [source, given] of sources.entries()) {
    const { root, glob, isArchive } = placeOf(given);
    if (isArchive) throw new TypeError(`${given} means entries of an archive, and an archive cannot be a log`);
    refuseStore(root);
    if (isFolderOf(given)) {
      const names = new Names(options, glob);
      const files = new Folder(root, directory, pause, undefined, names).files();
      for await (const { path, fingerprint } of files) look(source, root, path, fingerprint, names);
    } else look(source, root, '', presentOf(root, noted.has(idOf({ source, path: '' }))));
    await pause();
  }
  return { changed, moved };
}

/** Undefined while a log that is known is not there: it is being rotated. */
function presentOf(path: string, isKnown: boolean): Fingerprint | undefined {
  try {
    return fingerprintAt(path);
  } catch (error) {
    if (isKnown && error instanceof GristmillError && error.code === 'SOURCE_NOT_FOUND') return undefined;
    throw error;
  }
}

const inodeOf = ({ device, inode }: Fingerprint) => `${device}:${inode}`;

/** Whether a file begins with all that is stored of a log. */
function continues(path: string, now: Fingerprint, { fingerprint: then, lines }: NotedFile): boolean {
  if (now.bytes < then.bytes) return false;
  // An import notes no ends of a small file: the same file that is not shorter is believed to have grown.
  if (lines === undefined) return inodeOf(now) === inodeOf(then);
  return hasEnds(path, { ...now, grows: true }, then.bytes, lines);
}

function partOf(full: string, fingerprint: Fingerprint, from: number): LogPart | undefined {
  const growing = { ...fingerprint, grows: true } as const;
  const end = endOfLines(full, growing, from);
  return end > from ? { full, from, fingerprint: { ...growing, bytes: end } } : undefined;
}

/** What a log had come to before it was rotated, beyond what is stored of it. Files that a folder reads come by themselves. */
function restOf(full: string, before: NotedFile, comes: (name: string) => boolean): LogPart | undefined {
  const name = basename(full);
  const directory = dirname(full);
  for (const other of namesIn(directory)) {
    if (other === name || comes(other)) continue;
    try {
      const path = join(directory, other);
      const isMoved = statSync(path, { bigint: true }).ino === before.fingerprint.inode;
      if (!isMoved && !other.startsWith(name)) continue;
      const now = fingerprintAt(path);
      if (continues(path, now, before)) return partOf(path, now, before.fingerprint.bytes);
    } catch {
      // It went meanwhile, or is no file that could be a log.
    }
  }
  return undefined;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** The path of a part within its source. */
export function pathIn({ root }: ChangedLog, { full }: LogPart): string {
  return relative(resolve(root), full).replaceAll('\\', '/');
}
