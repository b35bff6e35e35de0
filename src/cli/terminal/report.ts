// The report of an import as a person reads it: what was found, what became of it, what it cost.

import type { CollectionsReport, ImportReport } from '../../base/import-report.js';
import { keyPathText } from '../../keys/key-path.js';
import { escapeControls } from './escape.js';
import { inFlags } from './flags.js';
import { alignPairs, formatBytes, formatCount, formatRate, formatSeconds } from './table.js';

/** Files left out that are shown by name. The JSON report names more. */
const BAD_FILES_SHOWN = 20;

/** The report as aligned lines. */
export function reportText(report: ImportReport, store: string): string {
  const { records, bytes, seconds, spans, stages } = report;
  const pairs: [string, string][] = [
    ['collection', `${report.collection} (${report.mode})`],
    ['layout', report.layout],
    ...report.layouts
      .filter(({ because }) => because !== 'option')
      .map(({ text }): [string, string] => ['  assumed', text]),
    ...badFilesOf(report),
    ['records read', formatCount(records.read)],
    ['  stored', formatCount(records.stored)],
    ['  rejected', formatCount(records.rejected)],
    ...(records.filtered ? [['  filtered', formatCount(records.filtered)] as [string, string]] : []),
    ['  replaced', formatCount(records.replaced)],
    ...(records.deletions ? [['  deletions', formatCount(records.deletions)] as [string, string]] : []),
    ...(records.added ? [['records added', formatCount(records.added)] as [string, string]] : []),
  ];
  if (report.updated > 0) pairs.push(['updated', `${formatCount(report.updated)} stored records were replaced`]);
  if (report.changes) pairs.push(['changes', changesText(report.changes)]);
  pairs.push(
    ['source', formatBytes(bytes.source)],
    ['stored', `${formatBytes(bytes.stored)}${shareOf(bytes.stored, bytes.source)}`],
    ['shards', formatCount(report.shards)],
    ['spans', `${formatCount(spans.total)}, of which scanned again: ${formatCount(spans.redone)}`],
    ...(report.resumed
      ? [
          ['resumed', `${formatCount(report.resumed.spans)} spans, ${formatBytes(report.resumed.bytes)}`] as [
            string,
            string,
          ],
        ]
      : []),
    ...report.indexes.map(({ path, entries, pages }): [string, string] => [
      `index ${keyPathText(path)}`,
      `${formatCount(entries)} entries in ${formatCount(pages)} pages`,
    ]),
    ['time', `${formatSeconds(seconds)} (${formatRate(bytes.source, seconds)})`],
    ...Object.entries(stages).map(([stage, took]): [string, string] => [`  ${stage}`, formatSeconds(took)]),
    ['workers', formatCount(report.workers)],
    ['zstd', report.zstd],
  );
  if (report.peakAnonBytes > 0) pairs.push(['peak memory', `${formatBytes(report.peakAnonBytes)} anonymous`]);
  if (report.quarantine !== undefined) pairs.push(['rejected records', report.quarantine]);
  pairs.push(['store', store], ...report.warnings.map((warning): [string, string] => ['warning', warning]));
  return alignPairs(pairs.map(([name, text]) => [escapeControls(name), escapeControls(inFlags(text))]));
}

/** What became of changes that transactions had made. */
function changesText({ kept, dropped }: NonNullable<ImportReport['changes']>): string {
  const of = (count: number) => `${formatCount(count)} ${count === 1 ? 'record' : 'records'}`;
  const parts = [...(kept > 0 ? [`kept for ${of(kept)}`] : []), ...(dropped > 0 ? [`dropped for ${of(dropped)}`] : [])];
  return `by transactions: ${parts.join(', ')}`;
}

/** The reports of several collections, and their sums. */
export function collectionsText({ collections, records, bytes }: CollectionsReport, store: string): string {
  const counts = Object.entries(records).map(([name, count]): [string, string] => [`  ${name}`, formatCount(count)]);
  const all: [string, string][] = [
    ['all collections', Object.keys(collections).join(', ')],
    ...counts,
    ['  bytes stored', formatBytes(bytes.stored)],
  ];
  const sums = alignPairs(all.map(([name, text]) => [name, escapeControls(text)]));
  return [...Object.values(collections).map((report) => reportText(report, store)), sums].join('\n');
}

/** The files that were left out: how many, and the first of them by name. */
function badFilesOf({ badFiles: { count, files } }: ImportReport): [string, string][] {
  if (count === 0) return [];
  const named = files
    .slice(0, BAD_FILES_SHOWN)
    .map(({ file, reason }): [string, string] => ['', `${file} (${reason})`]);
  const rest: [string, string][] = count > named.length ? [['', `and ${formatCount(count - named.length)} more`]] : [];
  return [['files left out', formatCount(count)], ...named, ...rest];
}

function shareOf(part: number, whole: number): string {
  return whole > 0 ? ` (${((100 * part) / whole).toFixed(1)} % of the source)` : '';
}
