// [schema]: [shards] > publish
//
// Whether all records of a collection are valid against a schema. Workers read the files of its shards. Transactions go on meanwhile:
// what they put is in inline shards, behind the records that were checked before. These are checked in rounds, so that no
// transaction waits for more than one of them; the last one is in the publishing transaction.

import { THREADLESS_BYTES_MAX } from '../../base/limits.js';
import { inOrder } from '../../parallel/in-order.js';
import type { StorePlace } from '../../store/files/blobs.js';
import { shardPath } from '../../store/files/layout.js';
import { formsOf } from '../../store/shards/forms.js';
import type { CatalogRead, CatalogSnapshot, CollectionManifest, ShardEntry } from '../../store/types.js';
import { liveRecords } from '../indexes/live-records.js';
import type { RepairWatch } from '../repair/progress.js';
import { NAMED_MAX, RecordCheck } from './record-check.js';
import type { Checkers, CheckResult, InvalidRecord } from './task.js';

/** Records checked in one go. */
const RECORDS_PER_ROUND = 1024;

/** A record that is not valid, and its shard. */
export interface FoundInvalid extends InvalidRecord {
  readonly entry: ShardEntry;
}

export class CollectionCheck {
  readonly #schema: string;
  /** Of each inline shard the records that were checked. */
  readonly #seen = new Map<number, number>();
  /** Records that are not valid, and the first few. */
  invalid = 0;
  readonly first: FoundInvalid[] = [];

  /** @param schema its text */
  constructor(schema: string) {
    this.#schema = schema;
  }

  /** Checks the records that are in files. @throws GristmillError CHECKSUM_MISMATCH, IO_ERROR, CANCELLED */
  async files(
    {
      directory,
      startWorkers,
    }: Pick<StorePlace, 'directory'> & { readonly startWorkers: (threads: number) => Checkers },
    snapshot: CatalogSnapshot,
    manifest: CollectionManifest,
    watch: RepairWatch<'schema'>,
    workersMax: number,
  ): Promise<void> {
    const shards = snapshot.shards(manifest);
    const files = shards.filter(({ fileNumber }) => fileNumber !== 0);
    watch.begin(shards.reduce((sum, { plainBytes }) => sum + plainBytes, 0));
    const bytes = files.reduce((sum, { plainBytes }) => sum + plainBytes, 0);
    const threads = bytes <= THREADLESS_BYTES_MAX ? 0 : Math.min(workersMax, files.length);
    const workers = startWorkers(threads);
    const schema = this.#schema;
    const forms = formsOf(snapshot, manifest);
    const { buffer: shared } = watch.shared;
    try {
      const start = (entry: ShardEntry): Promise<CheckResult> => {
        const dead = snapshot.tombstones(entry);
        const where = { path: shardPath(directory, entry.file), route: forms.routeOf(entry) };
        return workers.check({ entry, dead, ...where, shared, schema });
      };
      for await (const { task: entry, result } of inOrder(files, threads + 1, start, () => watch.shared.cancel())) {
        await watch.pause();
        this.#take(entry, result);
      }
    } finally {
      await workers.close();
    }
  }

  /**
   * Checks records of transactions, in the order of their shards, that were not checked before.
   * @returns whether none is left
   */
  inline(read: CatalogRead, manifest: CollectionManifest, most = RECORDS_PER_ROUND): boolean {
    const forms = formsOf(read, manifest);
    let left = most;
    for (const entry of read.shards(manifest)) {
      if (entry.fileNumber !== 0) continue;
      const from = this.#seen.get(entry.shard) ?? 0;
      const count = Math.min(left, entry.records - from);
      if (count > 0) {
        const check = new RecordCheck(this.#schema, forms.of(entry));
        const some = { shard: entry.shard, records: from + count };
        for (const { ordinal, line } of liveRecords(read, some, read.tombstones(entry), from)) {
          check.take(ordinal, line.toString());
        }
        this.#seen.set(entry.shard, from + count);
        this.#take(entry, check);
        left -= count;
      }
      if (from + count < entry.records) return false;
    }
    return true;
  }

  #take(entry: ShardEntry, { invalid, first }: CheckResult): void {
    this.invalid += invalid;
    for (const one of first) if (this.first.length < NAMED_MAX) this.first.push({ ...one, entry });
  }
}
