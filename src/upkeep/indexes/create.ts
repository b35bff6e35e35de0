// [shards > entries > pages > publish]
//
// A secondary index of a collection that has records, made without importing them again: its tree is built (build.ts), then one
// transaction names it. Transactions go on meanwhile (catch-up.ts); other writers wait, as for an import.

import { GristmillError } from '../../base/errors.js';
import { failpoint } from '../../base/failpoints.js';
import { checkIndexPaths, havePositions, isSamePath, type KeyPath, quotedPath } from '../../keys/key-path.js';
import type { IndexDefinition } from '../../options/indexes.js';
import { WriterLock } from '../../store/lock/writer-lock.js';
import { NewTrees } from '../../store/publish/new-trees.js';
import { nextGeneration, publishState } from '../../store/publish/publish-state.js';
import { deadAmong, type UniqueCheck, UniqueViolation } from '../../store/publish/unique.js';
import { violationError } from '../../store/publish/unique-error.js';
import { formsOf } from '../../store/shards/forms.js';
import type { CatalogSnapshot, CollectionManifest } from '../../store/types.js';
import { collectionOf } from '../collection-of.js';
import { buildTree, type IndexTarget } from './build.js';
import { type CatchUp, RefusedInline } from './catch-up.js';
import { indexChange } from './logged.js';
import {
  type CreateIndexOptions,
  type CreateIndexReport,
  type FilledCreateIndexOptions,
  resolveCreateIndex,
} from './options.js';
import { IndexWatch } from './progress.js';
import { refusedError } from './refused.js';

/** Rounds of catching up before the rest goes into the publishing transaction. */
const ROUNDS_MAX = 64;

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
  const watch = new IndexWatch(options, 'new index');
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

  constructor(target: IndexTarget, lock: WriterLock, options: FilledCreateIndexOptions, watch: IndexWatch) {
    this.#target = target;
    this.#lock = lock;
    this.#options = options;
    this.#watch = watch;
  }

  /** @returns whether there was no such index before */
  async run(name: string, path: KeyPath): Promise<boolean> {
    const { catalog } = this.#target;
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
    try {
      await this.#build(snapshot, manifest.name, path, trees);
      return true;
    } catch (error) {
      await trees.discard().catch(() => {}); // the first error is the one to tell
      throw error;
    } finally {
      snapshot.release();
    }
  }

  async #build(snapshot: CatalogSnapshot, name: string, path: KeyPath, trees: NewTrees): Promise<void> {
    const manifest = collectionOf(snapshot, name);
    const positions = positionsWith(manifest, path);
    const { workers, unique: isUnique } = this.#options;
    const work = { target: this.#target, watch: this.#watch, id: this.#lock.token, workers };
    const state = { snapshot, manifest, forms: formsOf(snapshot, manifest) };
    const { catchUp, unique } = await buildTree(work, state, { path, positions, isUnique }, trees, 1);
    await this.#publish(manifest, path, trees, catchUp, positions, unique);
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
