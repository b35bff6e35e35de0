// source > [compare] > import > vanish > publish
//
// What has become of the sources since the manifest was published, by the fingerprints of their files alone. Both sides
// come in order of their paths, so one pass over both is enough; only what differs is kept.

import type { ImportTarget } from '../import/import.js';
import type { Pause } from '../import/plan.js';
import { isFolder } from '../import/plan-sources.js';
import { type Fingerprint, SourceFile } from '../import/source-file.js';
import { comparePaths, type ListedFile } from './file-list.js';
import { Folder } from './folder.js';
import type { NotedFile } from './manifest.js';

/** A file that has to be read. */
export interface ChangedFile extends ListedFile {
  readonly source: number;
  /** What it was; absent for a new one. */
  readonly before?: NotedFile;
}

export interface Comparison {
  readonly changed: readonly ChangedFile[];
  readonly removed: readonly NotedFile[];
  readonly unchanged: number;
  readonly warnings: readonly string[];
}

/**
 * @param noted the files of a manifest of these sources
 * @throws SOURCE_NOT_FOUND for a source that is gone as a whole; SOURCE_NOT_READABLE; CANCELLED
 */
export async function compareSources(
  { directory }: ImportTarget,
  sources: readonly string[],
  noted: Iterable<NotedFile>,
  pause: Pause,
): Promise<Comparison> {
  const changed: ChangedFile[] = [];
  const removed: NotedFile[] = [];
  const warnings: string[] = [];
  let unchanged = 0;
  const before = noted[Symbol.iterator]();
  let next = before.next();
  for (const [source, path] of sources.entries()) {
    const folder = isFolder(path) ? new Folder(path, directory, pause) : undefined;
    for await (const file of folder?.files() ?? [fileAt(path)]) {
      let was: NotedFile | undefined;
      for (; !next.done && !isBehind(next.value, source, file.path); next = before.next()) {
        if (next.value.source === source && next.value.path === file.path) was = next.value;
        else removed.push(next.value);
      }
      if (was !== undefined && isSame(was.fingerprint, file.fingerprint)) unchanged++;
      else changed.push({ ...file, source, ...(was && { before: was }) });
    }
    if (folder) warnings.push(...folder.warnings);
  }
  for (; !next.done; next = before.next()) removed.push(next.value);
  return { changed, removed, unchanged, warnings };
}

/** Whether a noted file comes after this one in the order of the sources. */
function isBehind(noted: NotedFile, source: number, path: string): boolean {
  return noted.source > source || (noted.source === source && comparePaths(noted.path, path) > 0);
}

function isSame(before: Fingerprint, now: Fingerprint): boolean {
  const sameFile = before.inode === now.inode && before.device === now.device;
  return sameFile && before.bytes === now.bytes && before.modifiedNs === now.modifiedNs;
}

/** A source that is a file. */
function fileAt(path: string): ListedFile {
  const file = SourceFile.open(path, 'read');
  file.close();
  return { path: '', fingerprint: file.fingerprint };
}
