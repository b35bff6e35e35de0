// source > [compare] > import > vanish > publish
//
// What has become of the sources since the manifest was published, by the fingerprints of their files alone. Both sides
// come in order of their paths, so one pass over both is enough; only what differs is kept.

import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { BadFiles } from '../base/bad-files.js';
import type { BadFile } from '../base/import-report.js';
import { formatOf } from '../import/format/coding.js';
import { Names } from '../import/names/names.js';
import { placeOf } from '../import/names/sources.js';
import type { FilledImportOptions } from '../import/options/resolve.js';
import { isFolderOf } from '../import/plan/sources.js';
import type { RemoteFile, Streams } from '../import/sequence/streams.js';
import { comparePaths, type ListedFile } from '../import/source/file-list.js';
import { Folder } from '../import/source/folder.js';
import { isNamedLines } from '../import/source/layout.js';
import { fingerprintAt, openSource } from '../import/source/open.js';
import type { Fingerprint } from '../import/source/source.js';
import { refuseStore } from '../import/source/store-directory.js';
import type { ImportTarget } from '../import/work.js';
import type { Pause } from '../parallel/pause.js';
import { type Looking, Scope, takenOf } from './looking.js';
import type { NotedFile } from './manifest.js';

/** Rows after which others may have a turn. */
const ROWS_A_TURN = 512;

/** A file or remote object that has to be read. */
export interface ChangedFile extends ListedFile {
  readonly source: number;
  /** What it was; absent for a new one. */
  readonly before?: NotedFile;
}

/** Thrown where only a whole import can tell which records stay. */
export class NotSeparable extends Error {}

export interface Comparison {
  readonly changed: readonly ChangedFile[];
  readonly removed: readonly NotedFile[];
  readonly unchanged: number;
  /** New files of which nothing is taken yet, or not all: by source and path, what is. */
  readonly left: ReadonlyMap<string, Fingerprint | undefined>;
  readonly warnings: readonly string[];
  /** Files that are left out because they cannot be read. What is stored of them goes. */
  readonly badFiles: readonly BadFile[];
}

/**
 * @param noted the files of a manifest of these sources
 * @throws SOURCE_NOT_FOUND for a source that is gone as a whole; SOURCE_NOT_READABLE; CANCELLED
 */
export async function compareSources(
  { directory }: ImportTarget,
  sources: readonly string[],
  streams: Streams,
  noted: Iterable<NotedFile>,
  pause: Pause,
  looking: Looking,
  { layout, select, onBadFile, include, exclude, format }: FilledImportOptions,
): Promise<Comparison> {
  const isText = (path: string) => select === undefined && formatOf(path, { format }) === undefined;
  const hasLines = (path: string) => isText(path) && (layout === 'ndjson' || isNamedLines(path));
  const bad = new BadFiles({ onBadFile });
  const changed: ChangedFile[] = [];
  const removed: NotedFile[] = [];
  const left = new Map<string, Fingerprint | undefined>();
  const warnings: string[] = [];
  let unchanged = 0;
  const scopes = sources.map((source) => new Scope(source, looking.paths));
  let passed = 0;
  const pass = async (file: NotedFile) => {
    if (scopes[file.source]?.has(file.path)) removed.push(file);
    else unchanged++;
    if (++passed % ROWS_A_TURN === 0) await pause();
  };
  const before = noted[Symbol.iterator]();
  let next = before.next();
  const fine = new Set<string>();
  for (const [source, given] of sources.entries()) {
    const scope = scopes[source]!;
    if (scope.paths?.size === 0) continue;
    const objects = streams.objectsOf(given);
    const { root: path, glob, isArchive = false } = objects ? { root: given } : placeOf(given);
    const isFile = objects !== undefined || refuseStore(path, fine);
    const names = new Names({ include, exclude, format }, glob);
    const folder =
      !isFile && !isArchive && isFolderOf(given) ? new Folder(path, directory, pause, bad, names) : undefined;
    for await (const file of objects ?? filesIn(path, folder, scope, bad)) {
      let was: NotedFile | undefined;
      for (; !next.done && compareFiles(next.value, { source, path: file.path }) <= 0; next = before.next()) {
        if (next.value.source === source && next.value.path === file.path) was = next.value;
        else await pass(next.value);
      }
      if (was !== undefined && isSame(was.fingerprint, file.fingerprint)) {
        unchanged++;
        continue;
      }
      if (bad.areLeftOut && objects === undefined && !isReadable(join(path, file.path), bad)) {
        if (was !== undefined) removed.push(was);
        continue;
      }
      const full = objects ? (file as RemoteFile).name : join(resolve(path), file.path);
      const fingerprint = takenOf(looking, full, file.fingerprint, was, hasLines);
      if (fingerprint !== undefined) changed.push({ ...file, fingerprint, source, ...(was && { before: was }) });
      if (was === undefined && fingerprint !== file.fingerprint)
        left.set(idOf({ source, path: file.path }), fingerprint);
      // What is stored of it stays.
      if (was !== undefined && fingerprint === undefined) unchanged++;
    }
    if (folder) warnings.push(...folder.warnings);
  }
  for (; !next.done; next = before.next()) await pass(next.value);
  return { changed, removed, unchanged, left, warnings, badFiles: bad.files };
}

/** Whether a file can be opened; notes it otherwise. Else it would be new again each time. */
function isReadable(path: string, bad: BadFiles): boolean {
  try {
    openSource(path).close();
    return true;
  } catch (error) {
    bad.addOrThrow(error, path);
    return false;
  }
}

/** Compares by the order of a manifest: by source, and by path in it. */
export function compareFiles(left: FileOfSource, right: FileOfSource): number {
  return left.source - right.source || comparePaths(left.path, right.path);
}

type FileOfSource = Pick<NotedFile, 'source' | 'path'>;

/** Names a file among those of all sources. */
export function idOf({ source, path }: FileOfSource): string {
  return `${source}:${path}`;
}

function filesIn(
  path: string,
  folder: Folder | undefined,
  scope: Scope,
  bad: BadFiles,
): Iterable<ListedFile> | AsyncIterable<ListedFile> {
  // A folder that is not there any more is no empty folder: this says so.
  if (folder === undefined) {
    try {
      return [{ path: '', fingerprint: fingerprintAt(path) }];
    } catch (error) {
      bad.addOrThrow(error, path);
      return [];
    }
  }
  return scope.paths === undefined ? folder.files() : folder.filesAt(scope.paths);
}

function isSame(before: Fingerprint, now: Fingerprint): boolean {
  if (now.version !== undefined) return before.bytes === now.bytes && isDeepStrictEqual(before.version, now.version);
  const sameFile = before.inode === now.inode && before.device === now.device;
  return sameFile && before.bytes === now.bytes && before.modifiedNs === now.modifiedNs;
}
