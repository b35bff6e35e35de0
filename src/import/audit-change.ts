// source > plan > map > scan > key > frame > shard > verify > merge > [publish]
//
// What the audit log says of an import: its sources with a fingerprint, and what it did to each collection. The hashes of its
// shards are in it, so the log covers the bytes of the records.

import { createHash } from 'node:crypto';
import { AUDIT_FIELD_MAX, AUDIT_SOURCES_NAMED } from '../base/limits.js';
import type { AuditChange, AuditCollection, AuditSource } from '../store/audit/types.js';
import type { NewShard, PublishResult } from '../store/publish/publication.js';
import type { CatalogRead } from '../store/types.js';
import type { SourcePlan } from './plan/source-plan.js';
import type { ImportWork } from './work.js';

/** One collection of an import, as it is being published. */
interface Run {
  readonly options: { readonly collection: string; readonly mode: string };
  readonly work: ImportWork;
  readonly planned: { readonly plans: readonly SourcePlan[] };
  readonly tally: { readonly shards: readonly NewShard[]; readonly files: number };
  readonly sourceBytes: number;
}

/** @param read the state that the transaction leaves */
export function importChange(
  read: CatalogRead,
  runs: readonly Run[],
  published: readonly PublishResult[],
): AuditChange & { readonly operation: 'import' | 'synchronise' } {
  const [first] = runs as readonly [Run, ...Run[]];
  return {
    operation: first.work.operation,
    collections: runs.map((run, i) => collectionOf(read, run, published[i]!)),
    source: sourceOf(first),
  };
}

function collectionOf(read: CatalogRead, run: Run, { counts, updated }: PublishResult): AuditCollection {
  const { collection: name, mode } = run.options;
  const { read: records, stored, rejected } = counts;
  const { removed = 0 } = run.work;
  const replaced = counts.replaced + updated;
  return {
    ...{ name, mode, read: records, stored },
    ...(rejected > 0 && { rejected }),
    ...(replaced > 0 && { replaced }),
    ...(removed > 0 && { removed }),
    records: read.collection(name)?.records ?? 0,
    content: contentOf(run.tally.shards),
  };
}

function contentOf(shards: readonly NewShard[]): string {
  const hash = createHash('sha256');
  for (const { sha256, records } of shards) if (records > 0) hash.update(sha256);
  return hash.digest('hex');
}

function sourceOf({ work, planned, tally, sourceBytes }: Run): AuditSource {
  const all = planned.plans.flatMap((plan) => plan.members ?? [plan]);
  const isStream = all.some(
    ({ sequential, fingerprint }) => sequential?.isFile === false && fingerprint.version === undefined,
  );
  return {
    ...{ names: namesOf(work.sources), files: tally.files, bytes: sourceBytes },
    ...(!isStream && { fingerprint: fingerprintOf(all) }),
  };
}

/** The first names, each cut where it is long. */
function namesOf(sources: readonly string[]): string[] {
  return sources.slice(0, AUDIT_SOURCES_NAMED).map((name) => name.slice(0, 4 * AUDIT_FIELD_MAX));
}

/** A synchronisation that had nothing to read: records have vanished from the sources. @param records before it */
export function vanishedChange(
  { sources, removed }: Required<Pick<ImportWork, 'sources' | 'removed'>>,
  name: string,
  records: number,
): AuditChange {
  const collections = [{ name, removed, records: records - removed }];
  return { operation: 'synchronise', collections, source: { names: namesOf(sources) } };
}

function fingerprintOf(plans: readonly SourcePlan[]): string {
  const hash = createHash('sha256');
  for (const { path, fingerprint, files = [] } of plans) {
    hash.update(JSON.stringify([path, fingerprint], (_, value) => (typeof value === 'bigint' ? String(value) : value)));
    for (const { list } of files) hash.update(list);
  }
  return hash.digest('hex');
}
