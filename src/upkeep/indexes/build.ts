// [shards > entries > pages] > publish
//
// The tree of one secondary index, made of the records that are stored. Workers read the shards and leave sorted runs of the
// index alone, which are merged as those of an import are. Its pages collect under a tree that nobody can see.

import { join } from 'node:path';
import { THREADLESS_BYTES_MAX } from '../../base/limits.js';
import { checkFreeSpace } from '../../import/import-checks.js';
import { mergePages } from '../../import/merge/merge.js';
import type { PlacedRun } from '../../import/tasks/merge.js';
import { runPathOf } from '../../import/tasks/span-paths.js';
import { type HasNumbers, type KeyPath, numbersIn } from '../../keys/key-path.js';
import { inOrder } from '../../parallel/in-order.js';
import type { StorePlace } from '../../store/files/blobs.js';
import { INDEX_PREFIX, pathIn, shardPath, TEMPORARY_DIRECTORY, temporaryPath } from '../../store/files/layout.js';
import { pagesOf } from '../../store/pages/batch.js';
import type { NewTree, NewTrees } from '../../store/publish/new-trees.js';
import { UniqueCheck } from '../../store/publish/unique.js';
import { secretsOf } from '../../store/seal/hidden-keys.js';
import type { Forms } from '../../store/shards/forms.js';
import { reshapedBytes } from '../../store/shards/line.js';
import type { Catalog, CatalogSnapshot, CollectionManifest, InlineRecord, ShardEntry } from '../../store/types.js';
import { writeLines } from '../salvage/inline-text.js';
import { setupOf } from '../salvage/setup.js';
import { CatchUp } from './catch-up.js';
import { liveRecords } from './live-records.js';
import type { IndexWatch } from './progress.js';
import { refusedError } from './refused.js';
import type { Indexers, IndexResult } from './task.js';

/** What a new index is made with. */
export interface IndexTarget extends StorePlace {
  readonly catalog: Catalog;
  /** Starts so many threads; 0: the calling thread does the work. */
  readonly startWorkers: (threads: number) => Indexers;
  /** Cancels as the option `signal` does. */
  readonly closing?: AbortSignal;
}

/** A collection in the state that is read. */
export interface IndexedState {
  readonly snapshot: CatalogSnapshot;
  readonly manifest: CollectionManifest;
  /** In which shape its records are given. */
  readonly forms: Forms;
}

/** The index that is made. */
interface NewIndex extends HasNumbers {
  readonly path: KeyPath;
  readonly isUnique: boolean;
}

/** A tree with all records of the state that was read. */
export interface BuiltTree {
  readonly tree: NewTree;
  /** Adds the records that come later. */
  readonly catchUp: CatchUp;
  readonly unique: UniqueCheck | undefined;
}

/**
 * Makes the tree of an index.
 * @param number of the tree among `trees`
 * @throws GristmillError BAD_RECORD, CANCELLED, DISK_FULL, IO_ERROR, CHECKSUM_MISMATCH
 */
export async function buildTree(
  work: BuildWork,
  state: IndexedState,
  index: NewIndex,
  trees: NewTrees,
  number: number,
): Promise<BuiltTree> {
  const { directory, blobs } = work.target;
  const temporary = temporaryPath(directory, `${INDEX_PREFIX}${work.id}`);
  blobs.makeDirectory(temporary);
  try {
    return await new TreeBuild(work, state, temporary).run(index, trees, number);
  } finally {
    await blobs.removeDirectory(temporary).catch(() => {});
    blobs.removeEmpty(join(directory, TEMPORARY_DIRECTORY));
  }
}

/** Who makes it, and with what. */
interface BuildWork {
  readonly target: IndexTarget;
  readonly watch: IndexWatch;
  /** Of the writer's lock. */
  readonly id: string;
  /** Threads at most. */
  readonly workers: number;
}

class TreeBuild {
  readonly #work: BuildWork;
  readonly #state: IndexedState;
  readonly #temporary: string;

  constructor(work: BuildWork, state: IndexedState, temporary: string) {
    this.#work = work;
    this.#state = state;
    this.#temporary = temporary;
  }

  async run(index: NewIndex, trees: NewTrees, number: number): Promise<BuiltTree> {
    const { target, watch } = this.#work;
    const { snapshot, manifest, forms } = this.#state;
    const { path, positions } = index;
    const unique = index.isUnique ? new UniqueCheck() : undefined;
    const shards = snapshot.shards(manifest);
    const by = {
      key: { kind: 'ordinal' },
      indexes: [path],
      positions,
      secrets: secretsOf(target.seal, { ...manifest, secondary: [{ path }] }),
      keep: 'last',
    } as const;
    const bytes = shards.reduce((sum, { plainBytes }) => sum + plainBytes, 0);
    watch.enter('scan', bytes);
    const threads = bytes <= THREADLESS_BYTES_MAX ? 0 : Math.min(this.#work.workers, shards.length);
    const workers = target.startWorkers(threads);
    const runs: PlacedRun[] = [];
    // A kernel is made for it.
    const id = `${this.#work.id} ${number}`;
    try {
      const start = (entry: ShardEntry): Promise<IndexResult> => this.#index(workers, entry, by, id);
      for await (const { task: entry, result } of inOrder(shards, threads + 1, start, watch.stop)) {
        await watch.pause();
        const { refused } = result;
        if (refused) throw refusedError(snapshot, target, manifest, path, { entry, ...refused });
        for (const run of result.runs) runs.push({ ...run, shard: entry.shard });
      }
      watch.enter('merge');
      const runBytes = runs.reduce((sum, { chunkBytes }) => chunkBytes.reduce((all, one) => all + one, sum), 0);
      checkFreeSpace(target, runBytes);
      // Pages want equal keys by place.
      runs.sort((left, right) => left.shard - right.shard);
      const { stop, pause } = watch;
      const all = { id, temporary: this.#temporary, keep: 'last' } as const;
      trees.of(number);
      for await (const batch of mergePages(runs, all, { workers, threads, pause, stop, accept: () => {} })) {
        if (unique) for (const page of pagesOf(batch)) unique.add(page);
        await trees.addBatch(number, batch);
      }
    } finally {
      await workers.close();
    }
    const tree = trees.of(number);
    const made = { path, numbers: numbersIn(by), secret: by.secrets?.[1], isUnique: index.isUnique };
    return { tree, catchUp: new CatchUp(made, tree, shards, forms), unique };
  }

  async #index(
    workers: Indexers,
    entry: ShardEntry,
    by: Omit<Parameters<typeof setupOf>[1], 'named'>,
    id: string,
  ): Promise<IndexResult> {
    const { directory, blobs } = this.#work.target;
    const { snapshot, forms } = this.#state;
    const dead = snapshot.tombstones(entry);
    const task = {
      setup: setupOf(id, { ...by, named: entry.named }),
      entry,
      dead,
      runPath: runPathOf(this.#temporary, entry.shard),
      shared: this.#work.watch.shared.buffer,
    };
    const isFile = entry.fileNumber !== 0;
    if (isFile) return workers.index({ ...task, route: forms.routeOf(entry), path: shardPath(directory, entry.file) });
    const path = pathIn(this.#temporary, `${entry.shard}.text`);
    const ordinals = writeLines(blobs, path, reshapedRecords(liveRecords(snapshot, entry, dead), entry, forms));
    try {
      return await workers.index({ ...task, route: undefined, path, ordinals });
    } finally {
      blobs.remove(path);
    }
  }
}

function* reshapedRecords(records: Iterable<InlineRecord>, entry: ShardEntry, forms: Forms): Generator<InlineRecord> {
  const form = forms.of(entry);
  for (const { ordinal, line } of records) yield { ordinal, line: reshapedBytes(line, form) };
}
