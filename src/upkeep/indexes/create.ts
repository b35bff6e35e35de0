// [shards > entries > pages > publish]
//
// A secondary index of a collection that has records, made without importing them again. Workers read the shards and leave
// sorted runs of the new index alone, which are merged as those of an import are. Its pages collect under a tree that nobody
// can see; one transaction names it. Transactions go on meanwhile (catch-up.ts); other writers wait, as for an import.

import { join } from 'node:path';
import { GristmillError } from '../../base/errors.js';
import { failpoint } from '../../base/failpoints.js';
import { THREADLESS_BYTES_MAX } from '../../base/limits.js';
import { checkFreeSpace } from '../../import/import-checks.js';
import { mergePages } from '../../import/merge/merge.js';
import type { PlacedRun } from '../../import/tasks/merge.js';
import { runPathOf } from '../../import/tasks/span.js';
import {
  checkIndexPaths,
  havePositions,
  isSamePath,
  type KeyPath,
  numbersIn,
  quotedPath,
} from '../../keys/key-path.js';
import type { IndexDefinition } from '../../options/indexes.js';
import { inOrder } from '../../parallel/in-order.js';
import type { StorePlace } from '../../store/files/blobs.js';
import { INDEX_PREFIX, pathIn, shardPath, TEMPORARY_DIRECTORY, temporaryPath } from '../../store/files/layout.js';
import { WriterLock } from '../../store/lock/writer-lock.js';
import { pagesOf } from '../../store/pages/batch.js';
import { NewTrees } from '../../store/publish/new-trees.js';
import { nextGeneration, publishState } from '../../store/publish/publish-state.js';
import { deadAmong, UniqueCheck, UniqueViolation } from '../../store/publish/unique.js';
import { violationError } from '../../store/publish/unique-error.js';
import { secretsOf } from '../../store/seal/hidden-keys.js';
import type { Catalog, CatalogSnapshot, CollectionManifest, ShardEntry } from '../../store/types.js';
import { collectionOf } from '../collection-of.js';
import { writeLines } from '../salvage/inline-text.js';
import { setupOf } from '../salvage/setup.js';
import { CatchUp, RefusedInline } from './catch-up.js';
import { liveRecords } from './live-records.js';
import { indexChange } from './logged.js';
import {
  type CreateIndexOptions,
  type CreateIndexReport,
  type FilledCreateIndexOptions,
  resolveCreateIndex,
} from './options.js';
import { IndexWatch } from './progress.js';
import { refusedError } from './refused.js';
import type { Indexers, IndexResult } from './task.js';

/** Rounds of catching up before the rest goes into the publishing transaction. */
const ROUNDS_MAX = 64;

/** What a new index is made with. */
export interface IndexTarget extends StorePlace {
  readonly catalog: Catalog;
  /** Starts so many threads; 0: the calling thread does the work. */
  readonly startWorkers: (threads: number) => Indexers;
  /** Cancels as the option `signal` does. */
  readonly closing?: AbortSignal;
}

/**
 * @throws GristmillError COLLECTION_NOT_FOUND, BAD_RECORD, STORE_BUSY, CANCELLED, DISK_FULL, IO_ERROR, CHECKSUM_MISMATCH;
 * TypeError for a path or option that is wrong. Nothing has changed then.
 */
export async function createIndex(
  target: IndexTarget,
  collection: string,
  index: KeyPath | IndexDefinition,
  given?: CreateIndexOptions,
): Promise<CreateIndexReport> {
  const { path, options } = resolveCreateIndex(index, given, target.closing);
  const { catalog } = target;
  collectionOf(catalog, collection);
  const watch = new IndexWatch(options);
  try {
    const lock = await WriterLock.acquire(catalog, target, { operation: 'index', collection, ...options });
    try {
      const build = new IndexBuild(target, lock, options, watch);
      const created = await build.run(collection, path);
      watch.enter('done');
      const manifest = collectionOf(catalog, collection);
      const stored = manifest.secondary.find((one) => isSamePath(one.path, path));
      const facts = { entries: stored?.entries ?? 0, records: manifest.records };
      return { collection, path, ...facts, created, seconds: watch.seconds };
    } catch (error) {
      throw lock.reasonFor(watch.errorOf(error));
    } finally {
      await lock.release();
    }
  } finally {
    watch.close();
  }
}
/** What the audit log says of an index that an import had made. */
const KEPT = 'imports that do not name it keep it';

class IndexBuild {
  readonly #target: IndexTarget;
  readonly #lock: WriterLock;
  readonly #options: FilledCreateIndexOptions;
  readonly #watch: IndexWatch;
  readonly #temporary: string;
  readonly #runs: PlacedRun[] = [];

  constructor(target: IndexTarget, lock: WriterLock, options: FilledCreateIndexOptions, watch: IndexWatch) {
    this.#target = target;
    this.#lock = lock;
    this.#options = options;
    this.#watch = watch;
    this.#temporary = temporaryPath(target.directory, `${INDEX_PREFIX}${lock.token}`);
  }

  /** @returns whether there was no such index before */
  async run(name: string, path: KeyPath): Promise<boolean> {
    const { catalog, blobs } = this.#target;
    const manifest = collectionOf(catalog, name);
    const stored = manifest.secondary.find((index) => isSamePath(index.path, path));
    if (stored !== undefined) {
      if (this.#options.unique && !stored.unique) {
        const message = `index ${quotedPath(path)} of collection ${name} is not unique: drop it first, then make it again`;
        throw new GristmillError('COLLECTION_MISMATCH', message);
      }
      await this.#keep(name, path);
      return false;
    }
    checkIndexPaths([...manifest.secondary.map((index) => index.path), path]);
    const snapshot = catalog.snapshot();
    const trees = new NewTrees(catalog);
    blobs.makeDirectory(this.#temporary);
    try {
      await this.#build(snapshot, manifest.name, path, trees);
      return true;
    } catch (error) {
      await trees.discard().catch(() => {}); // the first error is the one to tell
      throw error;
    } finally {
      snapshot.release();
      await blobs.removeDirectory(this.#temporary).catch(() => {});
      blobs.removeEmpty(join(this.#target.directory, TEMPORARY_DIRECTORY));
    }
  }

  async #build(snapshot: CatalogSnapshot, name: string, path: KeyPath, trees: NewTrees): Promise<void> {
    const { startWorkers } = this.#target;
    const unique = this.#options.unique ? new UniqueCheck() : undefined;
    const manifest = collectionOf(snapshot, name);
    const shards = snapshot.shards(manifest);
    const by = {
      key: { kind: 'ordinal' },
      indexes: [path],
      positions: positionsWith(manifest, path),
      secrets: secretsOf(this.#target.seal, { ...manifest, secondary: [{ path }] }),
      keep: 'last',
    } as const;
    const bytes = shards.reduce((sum, { plainBytes }) => sum + plainBytes, 0);
    this.#watch.enter('scan', bytes);
    const threads = bytes <= THREADLESS_BYTES_MAX ? 0 : Math.min(this.#options.workers, shards.length);
    const workers = startWorkers(threads);
    try {
      const start = (entry: ShardEntry): Promise<IndexResult> => this.#index(workers, snapshot, entry, by);
      for await (const { task: entry, result } of inOrder(shards, threads + 1, start, this.#watch.stop)) {
        await this.#watch.pause();
        const { runs, refused } = result;
        if (refused) throw refusedError(snapshot, this.#target, manifest, path, { entry, ...refused });
        for (const run of runs) this.#runs.push({ ...run, shard: entry.shard });
      }
      this.#watch.enter('merge');
      const runBytes = this.#runs.reduce((sum, { chunkBytes }) => chunkBytes.reduce((all, one) => all + one, sum), 0);
      checkFreeSpace(this.#target, runBytes);
      // Pages want equal keys by place.
      this.#runs.sort((left, right) => left.shard - right.shard);
      const { stop, pause } = this.#watch;
      const all = { id: this.#lock.token, temporary: this.#temporary, keep: 'last' } as const;
      const pages = mergePages(this.#runs, all, { workers, threads, pause, stop, accept: () => {} });
      trees.of(1);
      for await (const batch of pages) {
        if (unique) for (const page of pagesOf(batch)) unique.add(page);
        await trees.addBatch(1, batch);
      }
    } finally {
      await workers.close();
    }
    const index = { path, numbers: numbersIn(by), secret: by.secrets?.[1], isUnique: unique !== undefined };
    const catchUp = new CatchUp(index, trees.of(1), shards);
    await this.#publish(manifest, path, trees, catchUp, by.positions, unique);
  }

  async #index(
    workers: Indexers,
    snapshot: CatalogSnapshot,
    entry: ShardEntry,
    by: Omit<Parameters<typeof setupOf>[1], 'named'>,
  ): Promise<IndexResult> {
    const { directory, blobs } = this.#target;
    const setup = setupOf(this.#lock.token, { ...by, named: entry.named });
    const dead = snapshot.tombstones(entry);
    const task = {
      setup,
      entry,
      dead,
      runPath: runPathOf(this.#temporary, entry.shard),
      shared: this.#watch.shared.buffer,
    };
    if (entry.fileNumber !== 0) return workers.index({ ...task, path: shardPath(directory, entry.file) });
    const path = pathIn(this.#temporary, `${entry.shard}.text`);
    const ordinals = writeLines(blobs, path, liveRecords(snapshot, entry, dead));
    try {
      return await workers.index({ ...task, path, ordinals });
    } finally {
      blobs.remove(path);
    }
  }

  /** Catches up with the transactions, then names the tree. */
  async #publish(
    before: CollectionManifest,
    path: KeyPath,
    trees: NewTrees,
    catchUp: CatchUp,
    positions: true | undefined,
    unique: UniqueCheck | undefined,
  ): Promise<void> {
    const { catalog } = this.#target;
    const { name } = before;
    this.#watch.enter('publish');
    await this.#watch.pause();
    await trees.flush();
    try {
      for (let round = 0; round < ROUNDS_MAX; round++) {
        catalog.refresh();
        if (!catchUp.isFarBehind(catalog, collectionOf(catalog, name))) break;
        await catalog.transaction((write) => {
          this.#lock.check();
          catchUp.add(catalog, write, collectionOf(catalog, name), false);
        });
        await this.#watch.pause();
      }
      failpoint('index.publish');
      await catalog.transaction((write) => {
        this.#lock.check();
        const generation = catalog.generation();
        const current = collectionOf(catalog, name);
        catchUp.add(catalog, write, current, true);
        const { tree, entries, pages } = trees.of(1);
        // The new index has no entry of a record that was dead when its shards were read. What others have, they keep.
        const cleaned = current.secondary.length === 0 ? before.dead : current.cleaned;
        const next: CollectionManifest = {
          ...current,
          generation: nextGeneration(catalog, write),
          secondary: [
            ...current.secondary,
            { path, tree, entries, pages, kept: true, ...(unique && { unique: true }) },
          ],
          ...(positions && { positions }),
          ...(cleaned !== undefined && { cleaned }),
        };
        const shards = catalog.shards(current);
        publishState(catalog, write, next, shards);
        if (unique) {
          const isDead = deadAmong(catalog, shards);
          const places = unique.violation(catalog, { tree }, isDead) ?? catchUp.violation(catalog, isDead);
          if (places) throw violationError(catalog, this.#target, new UniqueViolation(path, places, next, shards));
        }
        this.#lock.log(write, generation, indexChange('add index', next, path));
        this.#lock.write(write, { isPublished: true });
        failpoint('index.commit');
      });
    } catch (error) {
      if (!(error instanceof RefusedInline)) throw error;
      throw refusedError(catalog, this.#target, before, path, error.record);
    }
  }

  /** An index that an import made stays from now on, also after imports that do not name it. */
  async #keep(name: string, path: KeyPath): Promise<void> {
    const { catalog } = this.#target;
    const isIt = (index: { readonly path: KeyPath; readonly kept?: true | undefined }): boolean =>
      isSamePath(index.path, path) && !index.kept;
    if (!collectionOf(catalog, name).secondary.some(isIt)) return;
    await catalog.transaction((write) => {
      this.#lock.check();
      const before = catalog.generation();
      const current = collectionOf(catalog, name);
      const secondary = current.secondary.map((index) => (isIt(index) ? { ...index, kept: true as const } : index));
      const next = { ...current, secondary, generation: nextGeneration(catalog, write) };
      publishState(catalog, write, next, catalog.shards(current));
      this.#lock.log(write, before, { ...indexChange('add index', next, path), result: KEPT });
    });
  }
}

/** Whether numbers are positions in the indexes of a collection that gets one more. */
function positionsWith({ positions, secondary }: CollectionManifest, path: KeyPath): true | undefined {
  // In a collection that has numbers in paths already they keep their meaning.
  if (positions || havePositions(secondary.map((index) => index.path))) return positions;
  return havePositions([path]) || undefined;
}
