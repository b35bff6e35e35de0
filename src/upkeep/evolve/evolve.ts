// [evolve]: a migration is applied; migrations are undone, or become final. Each takes its turn among writers.

import { failpoint } from '../../base/failpoints.js';
import { SHAPES_MAX } from '../../base/limits.js';
import { checkMigration } from '../../evolve/operations/check.js';
import type { Action } from '../../evolve/operations/kind.js';
import { inverseOf } from '../../evolve/operations/kinds.js';
import { planOf } from '../../evolve/plan/plan.js';
import type { Migration } from '../../evolve/types.js';
import type { StorePlace } from '../../store/files/blobs.js';
import { WriterLock } from '../../store/lock/writer-lock.js';
import { collectGarbage } from '../../store/publish/garbage.js';
import { nextGeneration, publishState } from '../../store/publish/publish-state.js';
import type { History } from '../../store/shape-types.js';
import { leadsTo, lineOf, routeBetween } from '../../store/shapes/tree.js';
import type { Catalog } from '../../store/types.js';
import { collectionOf } from '../collection-of.js';
import { type CollectionChangeOptions, resolveChangeOptions } from '../collections/options.js';
import { IndexWatch } from '../indexes/progress.js';
import { checkFrom, type Versions, versionMismatch, versionsOf } from './history.js';
import {
  type EvolveOptions,
  type EvolveReport,
  type EvolveTarget,
  type FilledEvolveOptions,
  resolveEvolve,
} from './options.js';
import { refuseCalls } from './refuse-calls.js';
import { type NextShape, Reshaping } from './reshape.js';

/**
 * Applies a migration to its collection.
 * @throws GristmillError BAD_MIGRATION, COLLECTION_NOT_FOUND, VERSION_MISMATCH, MIGRATION_FAILED, MIGRATION_REFUSED, BAD_RECORD,
 * UNIQUE_VIOLATION, STORE_BUSY, CANCELLED, DISK_FULL, IO_ERROR, CHECKSUM_MISMATCH; TypeError. Nothing has changed then.
 */
export function applyMigration(target: EvolveTarget, given: unknown, options?: EvolveOptions): Promise<EvolveReport> {
  const migration = checkMigration(given);
  refuseCalls(migration.ops);
  const { collection } = migration;
  return evolve(target, collection, resolveEvolve('evolve', options, target.closing), (versions) =>
    shapeAfter(versions, migration),
  );
}

/**
 * Returns a collection to an older version.
 * @throws GristmillError as `applyMigration`
 */
export function undoMigrations(
  target: EvolveTarget,
  collection: string,
  to: number,
  options?: EvolveOptions,
): Promise<EvolveReport> {
  return evolve(target, collection, resolveEvolve('undoMigrations', options, target.closing), (versions) =>
    shapeBefore(versions, collection, to),
  );
}

async function evolve(
  target: EvolveTarget,
  collection: string,
  options: FilledEvolveOptions,
  nextOf: (versions: Versions) => NextShape,
): Promise<EvolveReport> {
  const { catalog } = target;
  catalog.refresh();
  collectionOf(catalog, collection);
  const watch = new IndexWatch(options, 'migration');
  const lock = options.dryRun
    ? undefined
    : await WriterLock.acquire(catalog, target, { operation: 'evolve', collection, ...options });
  const snapshot = catalog.snapshot();
  try {
    const manifest = collectionOf(snapshot, collection);
    const versions = versionsOf(snapshot, manifest);
    const next = nextOf(versions);
    const reshaping = new Reshaping(target, watch, options.workers, { snapshot, manifest }, next);
    const looked = await reshaping.look();
    const failures = reshaping.named(looked.failures);
    if (lock !== undefined) {
      await reshaping.publish(lock, looked);
      failpoint('evolve.committed');
      await collectGarbage(catalog, target).catch(() => {}); // the next writer removes it
    }
    watch.enter('done');
    const { records, frames, total: failed } = looked.failures;
    const { version: to } = versionsOf({ history: () => next.history }, { ...manifest, shape: next.shape });
    const facts = { collection, from: versions.version, to, applied: lock !== undefined };
    const { isProven } = looked;
    return { ...facts, records, frames, isProven, failed, failures, indexes: looked.indexes, seconds: watch.seconds };
  } catch (error) {
    throw lock === undefined ? watch.errorOf(error) : lock.reasonFor(watch.errorOf(error));
  } finally {
    snapshot.release();
    await lock?.release();
    watch.close();
  }
}

/**
 * The shape that a migration leads to. It is a new one, unless the same migration was undone before.
 * @throws GristmillError VERSION_MISMATCH
 */
export function shapeAfter(versions: Versions, migration: Migration): NextShape {
  checkFrom(versions, migration);
  const { history, shape } = versions;
  const { collection, from, to, ops } = migration;
  const same = history.shapes.findIndex((one) => one.from === shape && isSame(one.migration, migration));
  if (same === -1 && history.shapes.length === SHAPES_MAX) {
    throw versionMismatch(
      `collection ${collection} has had ${SHAPES_MAX} migrations, which is the most that it can have`,
    );
  }
  const added = { from: shape, migration, applied: new Date().toISOString() };
  const next: History = same === -1 ? { ...history, shapes: [...history.shapes, added] } : history;
  const number = same === -1 ? next.shapes.length : same + 1;
  const { canFail } = planOf([migration]);
  return {
    ...{ history: next, shape: number, actions: ops as readonly Action[], migration },
    mayFail: (entry) => canFail && (entry.shape ?? 0) !== number,
    change: { operation: 'evolve', result: `version ${from} became ${to}` },
  };
}

function isSame(left: Migration, right: Migration): boolean {
  return JSON.stringify(left.ops) === JSON.stringify(right.ops);
}

/** The shape that a collection had in an older version. */
function shapeBefore({ history, shape, version, oldest }: Versions, collection: string, to: number): NextShape {
  if (!Number.isSafeInteger(to) || to < 0)
    throw new TypeError(`undoMigrations: to must be a version, such as 0, not ${to}`);
  if (to >= version) {
    throw versionMismatch(`collection ${collection} has version ${version}, so it cannot return to version ${to}`);
  }
  if (to < oldest) {
    throw versionMismatch(
      `the migrations of collection ${collection} up to version ${oldest} are final, so it cannot return to version ${to}`,
    );
  }
  const target = lineOf(history, shape)[version - to] as number;
  const { up } = routeBetween(history, target, shape);
  return {
    ...{ history, shape: target },
    actions: inverseOf(up.flatMap(({ ops }) => ops as readonly Action[])),
    // What is older than the version is known to have it.
    mayFail: (entry) => !leadsTo(history, entry.shape ?? 0, target),
    change: { operation: 'evolve', result: `version ${version} was undone: it is ${to} again` },
  };
}

/**
 * Ends the possibility to undo the migrations of a collection.
 * @returns the version that is final
 * @throws GristmillError COLLECTION_NOT_FOUND, STORE_BUSY, CANCELLED, DISK_FULL, IO_ERROR; TypeError
 */
export async function finalizeMigrations(
  target: StorePlace & { readonly catalog: Catalog; readonly closing?: AbortSignal },
  collection: string,
  given?: CollectionChangeOptions,
): Promise<number> {
  const { catalog } = target;
  const options = resolveChangeOptions('finalizeMigrations', given, target.closing);
  catalog.refresh();
  collectionOf(catalog, collection);
  const lock = await WriterLock.acquire(catalog, target, { operation: 'evolve', collection, ...options });
  try {
    return await catalog.transaction((write) => {
      lock.check();
      const before = catalog.generation();
      const current = collectionOf(catalog, collection);
      const { history, shape, version, oldest } = versionsOf(catalog, current);
      if (oldest === version) return version;
      write.putHistory(current.id, { ...history, final: shape });
      const generation = nextGeneration(catalog, write);
      // A layout too: who reads an older version looks whether it is still there.
      publishState(catalog, write, { ...current, generation, layout: generation }, catalog.shards(current));
      const collections = [{ name: collection, records: current.records }];
      lock.log(write, before, { operation: 'evolve', result: `version ${version} is final`, collections });
      return version;
    });
  } catch (error) {
    throw lock.reasonFor(error);
  } finally {
    await lock.release();
  }
}
