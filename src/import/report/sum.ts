// source > plan > map > scan > key > frame > shard > verify > merge > publish
//
// The report of an import into several collections: that of each, and what they come to.

import type { CollectionsReport, ImportReport } from '../../base/import-report.js';

export function sumOf(reports: readonly ImportReport[]): CollectionsReport {
  const [{ sources, bytes, seconds, stages, workers, zstd, peakAnonBytes }] = reports as readonly [ImportReport];
  const total = (number: (report: ImportReport) => number | undefined) =>
    reports.reduce((sum, report) => sum + (number(report) ?? 0), 0);
  const filtered = total(({ records }) => records.filtered);
  const added = total(({ records }) => records.added);
  return {
    // Any name may be one of a collection.
    collections: Object.setPrototypeOf(
      Object.fromEntries(reports.map((report) => [report.collection, report])),
      null,
    ) as CollectionsReport['collections'],
    sources,
    records: {
      read: total(({ records }) => records.read),
      stored: total(({ records }) => records.stored),
      rejected: total(({ records }) => records.rejected),
      ...(filtered > 0 && { filtered }),
      ...(added > 0 && { added }),
      replaced: total(({ records }) => records.replaced),
    },
    updated: total(({ updated }) => updated),
    bytes: { source: bytes.source, stored: total((report) => report.bytes.stored) },
    shards: total(({ shards }) => shards),
    ...{ seconds, stages, workers, zstd, peakAnonBytes },
  };
}
