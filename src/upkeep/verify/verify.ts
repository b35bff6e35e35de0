// [verify]: catalog > trees > shards
//
// Reads everything a store is made of and tells what is not as it was written, without stopping at the first fault. The
// coordinator checks the catalog and the indexes while workers read the shards. All of it is one state of the store: a
// snapshot keeps every file and page it names, whatever is published meanwhile.

import { setImmediate } from 'node:timers/promises';
import { GristmillError } from '../../base/errors.js';
import { THREADLESS_BYTES_MAX } from '../../base/limits.js';
import { inOrder } from '../../parallel/in-order.js';
import { SharedProgress } from '../../parallel/shared-progress.js';
import { verifyAudit } from '../../store/audit/verify.js';
import type { Blobs, StorePlace } from '../../store/files/blobs.js';
import { shardPath } from '../../store/files/layout.js';
import { findLeftovers } from '../../store/lock/sweep.js';
import type { Catalog, CatalogSnapshot, ShardEntry } from '../../store/types.js';
import { verifyCollection } from './collection.js';
import { type Fault, FaultList, type RecordRange } from './faults.js';
import { verifyJoined } from './joined.js';
import { type FilledVerifyOptions, resolveVerifyOptions, type VerifyOptions, type VerifyReport } from './options.js';
import { verifyRelations } from './relations.js';
import { type FailedRecords, VerifiedForms } from './shapes.js';
import type { Verifiers, VerifyTask } from './shard.js';
import { verifyTrees } from './tree.js';
import { type Inventory, verifyValues } from './values.js';

const INTERVAL_MS = 100;
/** The coordinator lets others have their turn after so long. */
const TURN_MS = 10;

/** A store to verify. */
export interface VerifyTarget extends StorePlace {
  readonly catalog: Pick<Catalog, 'file' | 'snapshot'>;
  /** Starts so many threads; 0: the calling thread. */
  readonly startWorkers: (threads: number) => Verifiers;
}

/**
 * Verifies a store that is open; others may go on reading and importing.
 * @throws GristmillError CANCELLED, IO_ERROR, STORE_CLOSED; TypeError for a wrong option. Faults are in the report.
 */
export async function verify(
  target: VerifyTarget,
  given?: VerifyOptions,
  closing?: AbortSignal,
): Promise<VerifyReport> {
  const run = new VerifyRun(target, resolveVerifyOptions(given, closing));
  try {
    return await run.run();
  } finally {
    run.close();
  }
}

class VerifyRun {
  readonly #target: VerifyTarget;
  readonly #options: FilledVerifyOptions;
  readonly #faults: FaultList;
  readonly #snapshot: CatalogSnapshot;
  readonly #shared = new SharedProgress();
  readonly #began = performance.now();
  readonly #timer: NodeJS.Timeout | undefined;
  #turnBegan = performance.now();
  #bytesTotal = 0;

  constructor(target: VerifyTarget, options: FilledVerifyOptions) {
    this.#target = target;
    this.#options = options;
    this.#faults = new FaultList(options.faultsMax);
    this.#snapshot = target.catalog.snapshot();
    if (options.onProgress) this.#timer = setInterval(() => this.#tell('verify'), INTERVAL_MS);
    options.signal?.addEventListener('abort', this.#cancel);
  }

  readonly #cancel = (): void => this.#shared.cancel();

  async run(): Promise<VerifyReport> {
    await this.#pause();
    const { file } = this.#target.catalog;
    await this.#snapshot.checkState(this.#pause).catch((error: GristmillError) => {
      if (error.code !== 'CHECKSUM_MISMATCH') throw error;
      this.#faults.add({ kind: 'value', file, message: error.message });
    });
    const found = await verifyValues(this.#snapshot, file, this.#faults, this.#pause);
    if (!found.hasHeader)
      this.#faults.add({ kind: 'value', file, message: `${file} has no header, so it is not complete` });
    this.#tellLost(found);
    this.#tellUnknown(found);
    verifyRelations(found, file, this.#faults);
    for (const manifest of found.collections) verifyCollection(manifest, found, file, this.#faults);
    await this.#verifyAudit(file);
    const shards = found.allShards.filter(({ fileNumber }) => fileNumber !== 0);
    this.#bytesTotal = shards.reduce((sum, { storedBytes }) => sum + storedBytes, 0);
    await verifyJoined(this.#target, shards, this.#faults, this.#pause);
    const forms = new VerifiedForms(found, this.#snapshot);
    const tell = (entry: ShardEntry, failed: readonly FailedRecords[]): void =>
      this.#tellFailed(entry, failed, forms, found);
    await forms.lookInline(this.#snapshot, found.allShards, tell, this.#pause);
    const [pages] = await Promise.all([this.#verifyIndexes(found), this.#verifyShards(shards, found, forms)]);
    const leftovers =
      this.#faults.total === 0 ? findLeftovers(this.#snapshot, this.#target) : { trees: [], files: [], temporary: [] };
    this.#tell('done');
    const { bytes, records } = this.#shared.done;
    return {
      isSound: this.#faults.total === 0,
      faults: this.#faults.listed,
      faultsTotal: this.#faults.total,
      checked: { values: found.values, pages, shards: shards.length, bytes, records },
      leftovers,
      seconds: this.#seconds,
    };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#options.signal?.removeEventListener('abort', this.#cancel);
    this.#snapshot.release();
  }

  async #verifyAudit(file: string): Promise<void> {
    const { fault } = await verifyAudit({ read: this.#snapshot, place: this.#target, pause: this.#pause });
    if (fault === undefined) return;
    this.#faults.add({ kind: 'audit', file, message: `entry ${fault.sequence} of the audit log: ${fault.message}` });
  }

  async #verifyIndexes(found: Inventory): Promise<number> {
    const check = {
      read: this.#snapshot,
      file: this.#target.catalog.file,
      faults: this.#faults,
      pause: this.#pause,
    };
    let pages = 0;
    for (const manifest of found.collections) pages += await verifyTrees(check, manifest, found);
    return pages;
  }

  async #verifyShards(shards: readonly ShardEntry[], found: Inventory, forms: VerifiedForms): Promise<void> {
    if (shards.length === 0) return;
    const workers = this.#target.startWorkers(
      this.#isLittle(shards) ? 0 : Math.min(this.#options.workers, shards.length),
    );
    const tasks = shards.map((entry): VerifyTask => {
      const route = forms.routeOf(entry);
      const dead = entry.holes > 0 || route ? { dead: found.bitmapOf(entry.shard), ...(route && { route }) } : {};
      return { path: shardPath(this.#target.directory, entry.file), entry, shared: this.#shared.buffer, ...dead };
    });
    try {
      const verify = (task: VerifyTask) => workers.verify(task);
      for await (const { task, result } of inOrder(tasks, this.#options.workers + 1, verify, this.#cancel)) {
        const place = this.#placeOf(task.entry, found);
        for (const { records, ...fault } of result.faults) {
          this.#faults.add({ ...fault, file: task.path, ...place(records) });
        }
        this.#tellFailed(task.entry, result.failed, forms, found);
      }
    } catch (error) {
      // A failure stops the other shards as a cancellation does.
      throw this.#options.signal?.aborted ? cancelled(this.#options.signal.reason) : error;
    } finally {
      await workers.close();
    }
  }

  /** Whether all is read sooner than a thread is started. A damaged catalog may say so of a huge file: the files are asked too. */
  #isLittle(shards: readonly ShardEntry[]): boolean {
    if (shards.reduce((sum, { plainBytes }) => sum + plainBytes, 0) > THREADLESS_BYTES_MAX) return false;
    const { blobs, directory } = this.#target;
    let bytes = 0;
    for (const file of new Set(shards.map(({ file }) => file))) bytes += sizeOf(blobs, shardPath(directory, file));
    return bytes <= THREADLESS_BYTES_MAX;
  }

  /** Where records of a shard are in their collection. */
  #placeOf(entry: ShardEntry, found: Inventory): (records?: RecordRange) => Pick<Fault, 'collection' | 'records'> {
    const { firstOrdinal } = entry;
    return (records) => {
      const collection = found.collectionOf(entry);
      return {
        ...(collection !== undefined && { collection }),
        ...(records && { records: { from: firstOrdinal + records.from, to: firstOrdinal + records.to } }),
      };
    };
  }

  /** Records that the migrations of their collection cannot change. */
  #tellFailed(entry: ShardEntry, failed: readonly FailedRecords[], forms: VerifiedForms, found: Inventory): void {
    const { directory, catalog } = this.#target;
    const file = entry.fileNumber === 0 ? catalog.file : shardPath(directory, entry.file);
    for (const one of failed) {
      const { records, message } = forms.describe(one, entry, this.#snapshot, this.#target);
      this.#faults.add({ kind: 'record', file, ...this.#placeOf(entry, found)(records), message });
    }
  }

  /** Shards whose collection's manifest is gone or damaged: their records cannot be found. */
  #tellUnknown(found: Inventory): void {
    const known = new Set(found.collections.map(({ id }) => id));
    const { file } = this.#target.catalog;
    for (const [id, entries] of found.shards) {
      if (known.has(id)) continue;
      const message = `${file} has ${entries.length} shards of a collection that has no manifest (number ${id})`;
      this.#faults.add({ kind: 'value', file, message });
    }
  }

  #tellLost(found: Inventory): void {
    const shards = new Map(found.allShards.map((entry) => [entry.shard, entry]));
    for (const { shard, ordinal, message } of found.lost) {
      const entry = shards.get(shard);
      const place = entry ? this.#placeOf(entry, found)({ from: ordinal, to: ordinal + 1 }) : {};
      this.#faults.add({ kind: 'value', file: this.#target.catalog.file, ...place, message });
    }
  }

  readonly #pause = async (): Promise<void> => {
    if (this.#shared.isCancelled || this.#options.signal?.aborted) throw cancelled(this.#options.signal?.reason);
    if (performance.now() - this.#turnBegan < TURN_MS) return;
    await setImmediate();
    this.#turnBegan = performance.now();
  };

  get #seconds(): number {
    return Math.round(performance.now() - this.#began) / 1000;
  }

  #tell(stage: 'verify' | 'done'): void {
    const { bytes, records } = this.#shared.done;
    this.#options.onProgress?.({ stage, bytes, bytesTotal: this.#bytesTotal, records, seconds: this.#seconds });
  }
}

function cancelled(cause: unknown): GristmillError {
  return new GristmillError('CANCELLED', 'The verification was cancelled.', { cause });
}

/** Bytes of a file; 0 if it cannot be opened, which is a fault that its own check names. */
function sizeOf(blobs: Blobs, path: string): number {
  try {
    const file = blobs.open(path, 'shard');
    file.close();
    return file.size;
  } catch {
    return 0;
  }
}
