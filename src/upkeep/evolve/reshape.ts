// [evolve]: [shards > failures > indexes > publish]
//
// Gives a collection another shape. Nothing of a record is written: readers make the new shape (store/shards/forms.ts). First
// every record is looked at. Then the indexes whose values may change are built again, of the records in their new shape.
// One transaction publishes history, manifest and indexes. Transactions go on meanwhile; other writers wait.

import { GristmillError } from '../../base/errors.js';
import { failpoint } from '../../base/failpoints.js';
import type { Action } from '../../evolve/operations/kind.js';
import type { Migration, OnFailure } from '../../evolve/types.js';
import type { AuditChange } from '../../store/audit/types.js';
import type { WriterLock } from '../../store/lock/writer-lock.js';
import { addGarbage } from '../../store/publish/garbage.js';
import { lineOf } from '../../store/publish/line-keys.js';
import { NewTrees } from '../../store/publish/new-trees.js';
import { nextGeneration, publishState } from '../../store/publish/publish-state.js';
import { deadAmong, UniqueViolation } from '../../store/publish/unique.js';
import { nameOf, violationError } from '../../store/publish/unique-error.js';
import type { History } from '../../store/shape-types.js';
import { hasCall, versionOf } from '../../store/shapes/tree.js';
import { Forms } from '../../store/shards/forms.js';
import type { CatalogRead, CatalogSnapshot, CatalogWrite, CollectionManifest, ShardEntry } from '../../store/types.js';
import { collectionOf } from '../collection-of.js';
import { type BuiltTree, buildTree } from '../indexes/build.js';
import { RefusedInline } from '../indexes/catch-up.js';
import type { IndexWatch } from '../indexes/progress.js';
import { refusedError } from '../indexes/refused.js';
import { provenShards } from '../profile/proven.js';
import { PutAside } from './aside.js';
import { checkRecords, LateRecords } from './check.js';
import type { Failures } from './failures.js';
import { type EvolvedIndex, evolvedIndexes, evolvedManifests, isCall } from './indexes.js';
import type { StayingKey } from './keys.js';
import type { EvolveTarget } from './options.js';
import type { RecordFailures } from './record-failures.js';

/** The shape that a collection is to get. */
export interface NextShape {
  readonly history: History;
  readonly shape: number;
  /** What is done to records of the shape that it has now. */
  readonly actions: readonly Action[];
  /** The migration that these are; undefined where migrations are undone. */
  readonly migration?: Migration;
  /** Whether a shard has records that may fail. */
  readonly mayFail: (entry: ShardEntry) => boolean;
  /** What becomes of records that have no such shape: readers get them so, or they leave the collection. Absent: there is none. */
  readonly onFailure?: OnFailure | 'quarantine' | undefined;
  /** What the audit log says. */
  readonly change: Pick<AuditChange, 'operation' | 'result'>;
}

/** What was found of the records, and what becomes of the indexes. */
export interface Looked {
  readonly failures: Failures;
  /** Whether the profile of the collection spared reading records that may fail. */
  readonly isProven: boolean;
  readonly key: CollectionManifest['key'];
  readonly indexes: readonly EvolvedIndex[];
}

export class Reshaping {
  readonly #target: EvolveTarget;
  readonly #watch: IndexWatch;
  readonly #workers: number;
  readonly #manifest: CollectionManifest;
  readonly #snapshot: CatalogSnapshot;
  readonly #shards: readonly ShardEntry[];
  readonly #next: NextShape;
  readonly #forms: Forms;
  /** Of records for indexes: what is put aside has to have a form, too. */
  readonly #indexed: Forms;
  /** Whether an index keeps its entries if all records are objects. */
  readonly #needsObjects: boolean;
  /** Of a shard, the key that a call must not change. */
  readonly #keyOf: ((entry: ShardEntry) => StayingKey) | undefined;
  readonly #isLookedAt = (entry: ShardEntry): boolean =>
    entry.records > 0 && (this.#needsObjects || this.#keyOf !== undefined || this.#next.mayFail(entry));

  /** @param state what is looked at @throws GristmillError MIGRATION_REFUSED */
  constructor(
    target: EvolveTarget,
    watch: IndexWatch,
    workers: number,
    state: { readonly snapshot: CatalogSnapshot; readonly manifest: CollectionManifest },
    next: NextShape,
  ) {
    refuseSchema(state.manifest);
    this.#target = target;
    this.#watch = watch;
    this.#workers = workers;
    this.#snapshot = state.snapshot;
    this.#manifest = state.manifest;
    this.#shards = state.snapshot.shards(state.manifest);
    this.#next = next;
    this.#forms = new Forms(next.history, next.shape);
    const isPutAside = next.onFailure === 'quarantine';
    this.#indexed = isPutAside ? new Forms(keeping(next), next.shape) : this.#forms;
    const { key, indexes } = evolvedIndexes(state.manifest, next.actions, next.onFailure !== 'keep');
    this.#keyOf = key && next.actions.some(isCall) ? this.#stayingKey(key) : undefined;
    this.#needsObjects = [...(key ? [key] : []), ...indexes].some(({ change }) => change === 'renamed');
  }

  #stayingKey({ path, to }: EvolvedIndex): (entry: ShardEntry) => StayingKey {
    const { history, shape } = this.#next;
    const forms = new Forms(history, this.#manifest.shape ?? 0);
    const version = versionOf(history, shape);
    return (entry) => ({ from: path, to, route: forms.routeOf(entry), version });
  }

  /** Looks at all records that may fail. @param locates whether the places of all that do are wanted @throws GristmillError MIGRATION_REFUSED, CHECKSUM_MISMATCH, IO_ERROR, CANCELLED */
  async look(locates = false): Promise<Looked> {
    const { actions } = this.#next;
    const wanted = this.#shards.filter(this.#isLookedAt);
    const proven = this.#proven(wanted);
    const shards = wanted.filter((entry) => !proven.has(entry));
    const state = { snapshot: this.#snapshot, shards, forms: this.#forms, locates, keyOf: this.#keyOf };
    const failures = await checkRecords(this.#target, this.#watch, this.#workers, state);
    const mayMove = failures.areObjects && this.#next.onFailure !== 'keep';
    const { key, indexes } = evolvedIndexes(this.#manifest, actions, mayMove);
    const isProven = shards.length < wanted.length;
    return {
      failures,
      isProven,
      key: key === undefined ? this.#manifest.key : { kind: 'path', path: key.to },
      indexes,
    };
  }

  #proven(wanted: readonly ShardEntry[]): ReadonlySet<ShardEntry> {
    const { migration } = this.#next;
    // What a function does, no profile knows.
    if (migration === undefined || this.#keyOf !== undefined || wanted.length === 0) return new Set();
    return provenShards(this.#snapshot, this.#manifest, this.#shards, migration, this.#needsObjects);
  }

  /** Looks at all records in their new shape: for which of them these migrations cannot be undone. @throws GristmillError as `look` */
  lookBack(undone: readonly Migration[]): Promise<Failures> {
    const shards = this.#shards.filter(({ records }) => records > 0);
    const functions = undone.some(({ ops }) => hasCall(ops)) ? this.#next.history.functions : undefined;
    const state = { snapshot: this.#snapshot, shards, forms: this.#forms, undone, functions };
    return checkRecords(this.#target, this.#watch, this.#workers, state);
  }

  /** The failures, with the names of the first records. */
  named({ groups }: Failures, read: CatalogRead = this.#snapshot): readonly RecordFailures[] {
    const manifest = collectionOf(read, this.#manifest.name);
    const entries = new Map(read.shards(manifest).map((entry) => [entry.shard, entry]));
    return groups.map(({ first, ...group }) => ({
      ...group,
      keys: first.map(([shard, ordinal]) => {
        const entry = entries.get(shard) as ShardEntry;
        return nameOf(manifest, entry, ordinal, lineOf(read, this.#target, manifest, entry, ordinal));
      }),
    }));
  }

  /** @throws GristmillError MIGRATION_FAILED if a record fails */
  refuseFailed(failures: Failures, read?: CatalogRead): void {
    const { total } = failures;
    if (total === 0) return;
    const [first] = this.named(failures, read) as readonly [RecordFailures];
    const which = total === 1 ? `a record` : `${total} records`;
    const keys = `${first.keys.join(', ')}${first.records > first.keys.length ? ', …' : ''}`;
    const message = `the migration cannot change ${which} of collection ${this.#manifest.name}; nothing was changed: ${first.message} (${first.records === 1 ? 'record' : `${first.records} records:`} ${keys}). Run it with the option dryRun (gristmill evolve plan) to see all reasons.`;
    throw new GristmillError('MIGRATION_FAILED', message, { reason: first.reason });
  }

  /** Writes the records that are put aside to their file. @throws GristmillError DISK_FULL, IO_ERROR, CHECKSUM_MISMATCH, CANCELLED */
  putAside(id: string, located: Failures['located']): Promise<PutAside> {
    const state = { snapshot: this.#snapshot, manifest: this.#manifest, forms: this.#forms };
    return PutAside.write(this.#target, id, state, located, () => this.#watch.pause());
  }

  /** Builds the indexes and publishes, whatever was found of records. @throws GristmillError as `createIndex`; MIGRATION_FAILED */
  async publish(lock: WriterLock, looked: Looked, aside?: PutAside): Promise<void> {
    const trees = new NewTrees(this.#target.catalog);
    try {
      const built = await this.#build(lock, looked, trees);
      await trees.flush();
      failpoint('evolve.publish');
      this.#watch.enter('publish');
      await this.#watch.pause();
      await this.#target.catalog.transaction((write) => this.#write(write, lock, looked, built, aside));
    } catch (error) {
      await trees.discard().catch(() => {}); // the first error is the one to tell
      throw error;
    }
  }

  /** By the number of the index. */
  async #build(lock: WriterLock, { indexes }: Looked, trees: NewTrees): Promise<ReadonlyMap<number, BuiltTree>> {
    const work = { target: this.#target, watch: this.#watch, id: lock.token, workers: this.#workers };
    const manifest = this.#manifest;
    const state = { snapshot: this.#snapshot, manifest, forms: this.#indexed };
    const built = new Map<number, BuiltTree>();
    for (const [i, { to: path, change }] of indexes.entries()) {
      if (change !== 'rebuilt') continue;
      const isUnique = manifest.secondary[i]?.unique === true;
      const index = { path, positions: manifest.positions, isUnique };
      built.set(i, await buildTree(work, state, index, trees, i + 1));
    }
    return built;
  }

  #write(
    write: CatalogWrite,
    lock: WriterLock,
    { key, indexes }: Looked,
    built: ReadonlyMap<number, BuiltTree>,
    aside: PutAside | undefined,
  ): void {
    const { catalog } = this.#target;
    const { history, shape, change } = this.#next;
    lock.check();
    const before = catalog.generation();
    aside?.remove(catalog, write);
    const current = collectionOf(catalog, this.#manifest.name);
    refuseSchema(current);
    const shards = catalog.shards(current);
    const late = new LateRecords(this.#shards, this.#forms, this.#keyOf);
    const found = late.check(catalog, current, this.#isLookedAt);
    this.refuseFailed(found, catalog);
    if (this.#needsObjects && !found.areObjects) throw changedMeanwhile(current);
    for (const [i, { catchUp }] of built) this.#catchUp(write, current, indexes[i] as EvolvedIndex, catchUp);
    const generation = nextGeneration(catalog, write);
    const manifests = new Map([...built].map(([i, { tree }]) => [i, tree]));
    const next: CollectionManifest = {
      ...current,
      ...{ key, shape, generation, layout: generation },
      ...(current.primary && { primary: { ...current.primary, path: key.kind === 'path' ? key.path : '' } }),
      secondary: evolvedManifests(current, indexes, manifests),
      published: new Date().toISOString(),
    };
    write.putHistory(current.id, history);
    // It is of records in their old shape.
    write.putProfile(current.id, undefined);
    addGarbage(catalog, write, {
      files: [],
      trees: [...built.keys()].map((i) => current.secondary[i]!.tree),
      inline: [],
    });
    publishState(catalog, write, next, shards);
    const isDead = deadAmong(catalog, shards);
    for (const [i, { unique, catchUp, tree }] of built) {
      const places = unique?.violation(catalog, tree, isDead) ?? catchUp.violation(catalog, isDead);
      const { to } = indexes[i] as EvolvedIndex;
      if (places) throw violationError(catalog, this.#target, new UniqueViolation(to, places, next, shards));
    }
    lock.log(write, before, { ...change, collections: [{ name: next.name, records: next.records }] });
    lock.write(write, { isPublished: true });
    failpoint('evolve.commit');
  }

  /** Adds what transactions have written since to an index. */
  #catchUp(
    write: CatalogWrite,
    current: CollectionManifest,
    { to }: EvolvedIndex,
    catchUp: BuiltTree['catchUp'],
  ): void {
    const { catalog } = this.#target;
    try {
      catchUp.add(catalog, write, current, true);
    } catch (error) {
      if (!(error instanceof RefusedInline)) throw error;
      throw refusedError(catalog, this.#target, current, to, error.record);
    }
  }
}

/** The history with a migration that leaves records as they are if it cannot change them. */
function keeping({ history, shape }: NextShape): History {
  const shapes = history.shapes.map((one, i) => (i + 1 === shape ? { ...one, onFailure: 'keep' as const } : one));
  return { ...history, shapes };
}

function changedMeanwhile({ name }: CollectionManifest): GristmillError {
  const message = `a transaction put a record that is no object into collection ${name}; nothing was changed: run the migration again`;
  return new GristmillError('STORE_BUSY', message);
}

/** The schema says what the records of the old shape are. @throws GristmillError MIGRATION_REFUSED */
function refuseSchema({ name, schema }: CollectionManifest): void {
  if (schema === undefined) return;
  const message = `collection ${name} carries a schema, which its records would not have to fit any more: take it away (gristmill schema unset), change the records, and set the schema of their new shape`;
  throw new GristmillError('MIGRATION_REFUSED', message);
}
