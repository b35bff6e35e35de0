// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// Plans a zip archive as a folder of its entries: their places stand in its directory, so workers read them at their
// offsets, and batches of whole entries are spans.

import { GristmillError } from '../../base/errors.js';
import { SPAN_FILES_MAX } from '../../base/limits.js';
import type { Pause } from '../../parallel/pause.js';
import type { EntryNames } from '../archive/entry-names.js';
import { type ZipEntry, zipEntries } from '../archive/zip-directory.js';
import { dataOf } from '../archive/zip-entry.js';
import { EXPANSION_FREE_BYTES } from '../codec/plain.js';
import { packFiles } from '../source/file-list.js';
import type { EntryPlace, Fingerprint, Source } from '../source/source.js';
import type { SpanFiles } from '../tasks/span.js';
import { folderLayout, type PlanOptions, type Span, spanBytesFor } from './source-plan.js';

/** Entries after which others may have a turn. */
const ENTRIES_A_TURN = 256;

/** A file of an archive that is taken. */
export interface TakenEntry {
  readonly path: string;
  readonly place: EntryPlace;
}

/** The parts of a plan that are known of an archive. @throws SOURCE_DAMAGED, SOURCE_EXPANDS, SOURCE_EMPTY, …; CANCELLED */
export async function planZip(file: Source, names: EntryNames, options: PlanOptions, pause: Pause) {
  const entries = zipEntries(file);
  const taken: (TakenEntry & { readonly plainBytes: number })[] = [];
  for (const [i, { name, at, to, zip, isLink }] of entries.entries()) {
    if (i % ENTRIES_A_TURN === 0) await pause();
    const path = names.take({ name, kind: isLink ? 'links' : undefined });
    // The directory alone could have another name for it by damage.
    if (path === undefined) dataOf(file, file.path, { at, bytes: to - at }, zip);
    else taken.push({ path, place: { at, bytes: to - at, zip }, plainBytes: zip.plainBytes });
  }
  checkExpansion(file, entries, options);
  if (taken.length === 0 && !options.allowEmpty) throw noEntries(file.path);
  const plainBytes = taken.reduce((sum, entry) => sum + entry.plainBytes, 0);
  const spans = spanBytesFor(plainBytes, options.spanBytes);
  return folderPlan(file.fingerprint, [...batches(taken, spans)], options);
}

/** Bombs are many entries, too, each of which is not large. @throws SOURCE_EXPANDS */
function checkExpansion({ path, end }: Source, entries: readonly ZipEntry[], { maxExpansion }: PlanOptions): void {
  const plainBytes = entries.reduce((sum, { zip }) => sum + zip.plainBytes, 0);
  if (plainBytes < EXPANSION_FREE_BYTES || plainBytes <= end * maxExpansion) return;
  const message = `${path} grows beyond option maxExpansion: ${maxExpansion}. It has ${end} bytes, and its entries give ${plainBytes}. If you trust the file, raise option maxExpansion`;
  throw new GristmillError('SOURCE_EXPANDS', message, { file: path });
}

export function noEntries(path: string): GristmillError {
  const message = `No entry of ${path} matches; there is nothing to import. Without a pattern, entries named *.json, *.ndjson and *.jsonl are imported, compressed or not.`;
  return new GristmillError('SOURCE_EMPTY', message, { file: path });
}

function* batches(
  taken: readonly (TakenEntry & { readonly plainBytes: number })[],
  spanBytes: number,
): Generator<TakenEntry[]> {
  let batch: TakenEntry[] = [];
  let bytes = 0;
  for (const entry of taken) {
    if (batch.length > 0 && (batch.length === SPAN_FILES_MAX || bytes + entry.plainBytes > spanBytes)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(entry);
    bytes += entry.plainBytes;
  }
  if (batch.length > 0) yield batch;
}

/** Entries as the files of a span. */
export function spanFilesOf(
  archive: Fingerprint,
  batch: readonly TakenEntry[],
  { key, layout }: PlanOptions,
): SpanFiles {
  return {
    list: packFiles(batch.map(({ path, place }) => ({ path, fingerprint: { ...archive, bytes: place.bytes } }))),
    isNamed: key === undefined && layout !== 'object',
    ...(layout && { layout }),
    entries: batch.map(({ place }) => place),
  };
}

function folderPlan(archive: Fingerprint, grouped: readonly (readonly TakenEntry[])[], options: PlanOptions) {
  const spans: Span[] = [];
  let from = 0;
  for (const batch of grouped) {
    const to = from + batch.reduce((sum, { place }) => sum + place.bytes, batch.length);
    spans.push({ from, to });
    from = to;
  }
  const files = grouped.map((batch) => spanFilesOf(archive, batch, options));
  return { ...folderLayout(options), from: 0, spans, files };
}
