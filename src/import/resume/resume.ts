// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// How an import begins: afresh, under shard numbers of its own; or behind the finished spans of one that was killed, when
// that one had the same sources in the same state and all the same options that matter. A resumable import into the same
// collection that does not fit is removed, and the report says so. All of it is on disk: nothing survives in memory.

import { lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GristmillError } from '../../base/errors.js';
import { JOURNAL_READ_BYTES_MAX, SEQUENCE_SHARDS } from '../../base/limits.js';
import { ioError, isMissing } from '../../base/system-errors.js';
import { files, readWhole } from '../../store/files/file-blobs.js';
import { journalPath, SHARDS_DIRECTORY, shardFileName, shardPath } from '../../store/files/layout.js';
import { shardFilesIn } from '../../store/lock/sweep.js';
import { reserveShards } from '../../store/publish/publisher.js';
import { findQuarantine, removeQuarantines } from '../../store/quarantine/names.js';
import type { SealKeys } from '../../store/seal/types.js';
import { chunkedBytes } from '../../store/sealed/chunks.js';
import type { Catalog, CatalogWrite, ResumableImport } from '../../store/types.js';
import { newMeanings, optionsThatAffect } from '../options/affects.js';
import type { FilledImportOptions } from '../options/resolve.js';
import type { SourcePlan } from '../plan/source-plan.js';
import type { SpanTask } from '../tasks/span.js';
import { runPathOf, type SpanPlace, spanPaths } from '../tasks/span-paths.js';
import { Journal } from './journal.js';
import { decodeJournal, type JournalHeader, type JournalSpan, newHeader } from './journal-format.js';

/** The state that an import begins with. */
export interface Beginning {
  readonly id: string;
  readonly firstShard: number;
  /** Spans finished before, in order. */
  readonly recorded: readonly JournalSpan[];
  /** The number of bytes of the journal that count. Undefined if there is no journal yet. */
  readonly journalBytes: number | undefined;
  readonly header: JournalHeader;
  readonly warnings: readonly string[];
}

/** The import that may resume a killed one. */
interface Resumer {
  readonly catalog: Catalog;
  readonly store: string;
  /** The keys of an encrypted store. */
  readonly seal: SealKeys | undefined;
  readonly plans: readonly SourcePlan[];
  readonly options: FilledImportOptions;
}

/**
 * Resumes a killed import of the same sources and options, or begins a new one and removes the files of killed ones.
 * @param id the id of a new import.
 * @throws GristmillError NOTHING_TO_RESUME: then nothing was removed.
 */
export async function beginImport({ catalog, store, seal, plans, options }: Resumer, id: string): Promise<Beginning> {
  // Records that were read before a migration do not have the shape of those that are read now.
  const { shape } = catalog.collection(options.collection) ?? {};
  const header = headerOf(plans, options, shape);
  const others = catalog.resumable().filter(({ collection }) => collection === options.collection);
  const warnings: string[] = [];
  let found: Beginning | undefined;
  for (const other of others) {
    const reason =
      options.pass !== undefined
        ? 'this import fills several collections'
        : options.resume === 'never'
          ? "option resume: 'never' was given"
          : undefined;
    const begun = reason ?? resumed(store, seal, other, header);
    if (typeof begun === 'object') found = { ...begun, warnings };
    else warnings.push(`A killed import into "${other.collection}" was not resumed: ${begun}; its files were removed.`);
  }
  if (found === undefined && options.resume === 'require') {
    const why = warnings[0] ?? 'there is no killed import of 1 GiB or more into this collection';
    const message = `there is nothing to resume: ${why.replace('; its files were removed.', '')}; to start from the beginning, leave out option resume: 'require'`;
    throw new GristmillError('NOTHING_TO_RESUME', message);
  }
  for (const other of others) if (other.id !== found?.id) await removeResumable(catalog, store, other);
  if (found !== undefined) return found;
  const known = plans.reduce((sum, plan) => sum + plan.spans.length, 0);
  const isOpen = options.pass !== undefined || plans.some(({ sequential }) => sequential !== undefined);
  const spans = isOpen ? SEQUENCE_SHARDS : known;
  const firstShard = await reserveShards(catalog, spans);
  return { id, firstShard, recorded: [], journalBytes: undefined, header, warnings };
}

/** Opens the journal, and removes from the workspace the files that the killed import wrote after its last recorded span. */
export async function openJournal(
  { catalog, store, seal, options }: Resumer,
  { id, firstShard, recorded, journalBytes, header }: Beginning,
  place: SpanPlace,
  tasks: readonly SpanTask[],
): Promise<Journal> {
  const path = journalPath(store, id);
  if (journalBytes !== undefined) {
    const finished = new Set(recorded.map(({ shard }) => shard));
    for (const { shard } of tasks) {
      const paths = spanPaths(place, shard);
      for (const left of finished.has(shard) ? [paths.bad] : Object.values(paths)) files.remove(left);
    }
    return Journal.resume(path, journalBytes, recorded.length + 1, seal);
  }
  const journal = Journal.begin(path, header, seal);
  const one = { id, collection: options.collection, firstShard, spans: tasks.length };
  await catalog.transaction((write) => write.putResumable([...catalog.resumable(), one]));
  return journal;
}

/** Takes an import off the list, within a transaction. */
export function forgetResumable(catalog: Catalog, write: CatalogWrite, id: string): void {
  const all = catalog.resumable();
  const others = all.filter((one) => one.id !== id);
  if (others.length < all.length) write.putResumable(others);
}

/** The state to resume from, or the reason why there is none. */
function resumed(
  store: string,
  seal: SealKeys | undefined,
  { id, firstShard, spans }: ResumableImport,
  header: JournalHeader,
): Omit<Beginning, 'warnings'> | string {
  const journal = readJournal(journalPath(store, id), seal);
  if (journal === undefined) return 'its journal is damaged';
  if (journal.header.sources !== header.sources) return 'its source was different, or was changed';
  if (journal.header.options !== header.options) return 'its options were different';
  if (!areInOrder(journal.spans, firstShard, spans)) return 'its journal is damaged';
  const lost = journal.spans.findIndex((span) => !isWhole(store, id, span, seal !== undefined));
  const recorded = lost === -1 ? journal.spans : journal.spans.slice(0, lost);
  if (recorded.length === 0) return 'it had not finished a span';
  return { id, firstShard, recorded, journalBytes: journal.ends[recorded.length]!, header };
}

/** Whether these are spans of this import, one after another: the shards of any other are not its. */
function areInOrder(recorded: readonly JournalSpan[], firstShard: number, spans: number): boolean {
  let next = firstShard;
  for (const { shard } of recorded) {
    if (shard < next || shard >= firstShard + spans) return false;
    next = shard + 1;
  }
  return true;
}

/** Whether the files of a span have the sizes they had. */
function isWhole(
  store: string,
  id: string,
  { shard, result, quarantineBytes }: JournalSpan,
  isSealed: boolean,
): boolean {
  const runBytes = result.runs.reduce((sum, { chunkBytes }) => chunkBytes.reduce((all, bytes) => all + bytes, sum), 0);
  return (
    (!result.shard || sizeOf(shardPath(store, shardFileName(shard, isSealed))) === result.shard.storedBytes) &&
    (runBytes === 0 ||
      sizeOf(runPathOf(dirname(journalPath(store, id)), shard)) === (isSealed ? chunkedBytes(runBytes) : runBytes)) &&
    quarantineSize(store, id) >= quarantineBytes
  );
}

/** Takes an import off the list, and removes the files that it left. Whoever calls it has the lock. */
export async function removeResumable(
  catalog: Catalog,
  store: string,
  { id, firstShard, spans }: ResumableImport,
): Promise<void> {
  // First what is found by the list alone; should we be killed then, the rest is swept.
  removeQuarantines({ directory: store, blobs: files }, [id]);
  await catalog.transaction((write) => forgetResumable(catalog, write, id));
  const shards = files.list(join(store, SHARDS_DIRECTORY));
  for (const file of shardFilesIn(shards, firstShard, spans)) files.remove(shardPath(store, file));
  await files.removeDirectory(dirname(journalPath(store, id)));
}

function headerOf(
  plans: readonly SourcePlan[],
  options: FilledImportOptions,
  shape: number | undefined,
): JournalHeader {
  const all = plans.flatMap((plan) => plan.members ?? [plan]);
  const sources = all.map(({ path, layout, fingerprint }) => ({ path, shape: layout, ...fingerprint }));
  const affecting = optionsThatAffect(options, 'records', 'import');
  const { carried, maxBad } = options;
  const rules = { ...affecting, ...newMeanings(options), maxBad: String(maxBad), carried, ...(shape && { shape }) };
  return newHeader(
    JSON.stringify(sources, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
    JSON.stringify(rules),
  );
}

function readJournal(path: string, seal: SealKeys | undefined) {
  try {
    // Of a directory that leads elsewhere, and of a journal larger than any that is written, nothing is gone on with.
    if (!lstatSync(dirname(path)).isDirectory() || lstatSync(path).size > JOURNAL_READ_BYTES_MAX) return undefined;
    return decodeJournal(readWhole(path, 'journal'), seal && { keys: seal, path });
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw ioError(cause, 'read', path);
  }
}

function quarantineSize(store: string, id: string): number {
  const path = findQuarantine({ directory: store, blobs: files }, id);
  return (path && sizeOf(path)) || 0;
}

function sizeOf(path: string): number | undefined {
  try {
    const stat = lstatSync(path);
    return stat.isFile() ? stat.size : undefined;
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw ioError(cause, 'look at', path);
  }
}
