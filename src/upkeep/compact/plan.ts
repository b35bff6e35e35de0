// drop > [plan] > rewrite > publish
//
// Which shards of a collection get a new file, and which of them share one. Inline shards have none yet. Shards with many dead
// records are written anew. Small files are joined, until each has as much text as the smallest span of a large source. And of
// a joined file that is in good part shards which are gone, those that are left move to another.

import { JOINED_SHARDS_MAX, SPAN_BYTES_MAX } from '../../base/limits.js';
import type { StorePlace } from '../../store/files/blobs.js';
import { shapeToStore } from '../../store/shards/forms.js';
import { shardBytes } from '../../store/shards/joined/exact.js';
import { byFile } from '../../store/shards/joined/joined.js';
import { isRaw } from '../../store/shards/packing.js';
import type { Catalog, CollectionManifest, ShardEntry } from '../../store/types.js';
import { total } from './publish-rewritten.js';

/** A file of so many shards is not small, however little text they have: with more it would soon be full. */
const SMALL_SHARDS_MAX = JOINED_SHARDS_MAX / 4;

/** A shard to move into a new file. */
export interface Move {
  readonly entry: ShardEntry;
  /** Whether it is written anew, without its dead records, or compressed; else it is copied as it is. */
  readonly isRewritten: boolean;
  /** The shape that its records get. */
  readonly shape: number;
}

/** A new file, of one shard or of several. */
export interface FilePlan {
  readonly manifest: CollectionManifest;
  readonly moves: readonly Move[];
}

/** When a shard gets a new file. */
export interface Thresholds {
  readonly minDeadShare: number;
  /** Whether shards that are not compressed are written anew. */
  readonly recompress: boolean;
  readonly joinBytes: number;
  readonly migrate: boolean;
}

/**
 * The files to write, in the order of their records. Never of the open shard: transactions go on appending to it, and may have
 * opened it since the collection was sealed.
 * @throws GristmillError CHECKSUM_MISMATCH, IO_ERROR
 */
export async function planFiles(
  catalog: Catalog,
  place: StorePlace,
  name: string,
  thresholds: Thresholds,
): Promise<FilePlan[]> {
  const { open: _, ...manifest } = catalog.collection(name) as CollectionManifest;
  const entries = catalog.shards(manifest);
  const files = byFile(entries);
  const wasteful = new Set([...files].flatMap(([file, of]) => (isWasteful(place, of, thresholds) ? file : [])));
  const small = new Set([...files].flatMap(([file, of]) => (isSmall(of, thresholds) ? file : [])));
  const history = thresholds.migrate ? catalog.history(manifest.id) : undefined;
  const raw = new Set<ShardEntry>();
  if (thresholds.recompress) for (const entry of entries) if (await isRaw(place, entry)) raw.add(entry);
  const moves = entries.flatMap((entry): Move[] => {
    const stored = entry.shape ?? 0;
    const shape = history === undefined ? stored : shapeToStore(history, stored, manifest.shape ?? 0);
    const isOfNoUse = entry.fileNumber === 0 || deadShare(catalog, entry) > thresholds.minDeadShare;
    const isRewritten = isOfNoUse || raw.has(entry) || shape !== stored;
    return isRewritten || wasteful.has(entry.file) || small.has(entry.file) ? [{ entry, isRewritten, shape }] : [];
  });
  const isNeeded = (group: readonly Move[]): boolean =>
    group.some(({ entry, isRewritten }) => isRewritten || wasteful.has(entry.file)) ||
    new Set(group.map(({ entry }) => entry.file)).size > 1;
  return grouped(moves, thresholds)
    .filter(isNeeded)
    .map((group) => ({ manifest, moves: group }));
}

/** Shards that share a file, as many as it may have. */
function grouped(moves: readonly Move[], { joinBytes }: Thresholds): readonly (readonly Move[])[] {
  const groups: Move[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const move of moves) {
    const { plainBytes } = move.entry;
    const group = groups.at(-1);
    const hasRoom = bytes + plainBytes <= SPAN_BYTES_MAX && group !== undefined && group.length < JOINED_SHARDS_MAX;
    if (hasRoom && joinBytes > 0) group.push(move);
    else groups.push([move]);
    bytes = hasRoom ? bytes + plainBytes : plainBytes;
  }
  return groups;
}

/** Of the records in a shard's file. */
function deadShare(catalog: Catalog, { shard, records, holes }: ShardEntry): number {
  const dead = (catalog.tombstoneState(shard)?.dead ?? 0) - holes;
  return dead / Math.max(1, records - holes);
}

/** @param entries all that are in one file, or inline */
function isSmall(entries: readonly ShardEntry[], { joinBytes }: Thresholds): boolean {
  return entries.length < SMALL_SHARDS_MAX && total(entries, 'plainBytes') < joinBytes;
}

/** Whether a joined file has a good part that is no shard's any more: its shards were dropped, or written anew elsewhere. */
function isWasteful(place: StorePlace, entries: readonly ShardEntry[], { minDeadShare }: Thresholds): boolean {
  const { file, at } = entries[0] as ShardEntry;
  if (at === undefined) return false;
  return 1 - total(entries, 'storedBytes') / shardBytes(place, file) > minDeadShare;
}
