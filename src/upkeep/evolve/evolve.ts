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
import type { History, Shape } from '../../store/shape-types.js';
import { leadsTo, lineOf, routeBetween } from '../../store/shapes/tree.js';
import type { Catalog } from '../../store/types.js';
import { collectionOf } from '../collection-of.js';
import { type CollectionChangeOptions, resolveChangeOptions } from '../collections/options.js';
import { IndexWatch } from '../indexes/progress.js';
import type { PutAside } from './aside.js';
import { checkFrom, type Versions, versionMismatch, versionsOf } from './history.js';
import {
  type EvolveOptions,
  type EvolveReport,
  type EvolveTarget,
  type FilledEvolveOptions,
  resolveEvolve,
  resolveUndo,
  type UndoOptions,
} from './options.js';
import { type NextShape, Reshaping } from './reshape.js';

/**
 * Applies a migration to its collection.
 * @throws GristmillError BAD_MIGRATION, COLLECTION_NOT_FOUND, VERSION_MISMATCH, MIGRATION_FAILED, MIGRATION_REFUSED, BAD_RECORD,
 * UNIQUE_VIOLATION, STORE_BUSY, CANCELLED, DISK_FULL, IO_ERROR, CHECKSUM_MISMATCH; TypeError. Nothing has changed then.
 */
export function applyMigration(target: EvolveTarget, given: unknown, options?: EvolveOptions): Promise<EvolveReport> {
  const migration = checkMigration(given);
  const { collection } = migration;
  return evolve(target, collection, resolveEvolve(options, target.closing), (versions, onFailure) =>
    shapeAfter(versions, migration, onFailure),
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
  options?: UndoOptions,
): Promise<EvolveReport> {
  return evolve(target, collection, resolveUndo(options, target.closing), (versions) =>
    shapeBefore(versions, collection, to),
  );
}

async function evolve(
  target: EvolveTarget,
  collection: string,
  options: FilledEvolveOptions,
  nextOf: (versions: Versions, onFailure?: NextShape['onFailure']) => NextShape,
): Promise<EvolveReport> {
  const { catalog } = target;
  catalog.refresh();
  collectionOf(catalog, collection);
  const { onFailure } = options;
  let aside: PutAside | undefined;
  let isPublished = false;
  const watch = new IndexWatch(options, 'migration');
  const lock = options.dryRun
    ? undefined
    : await WriterLock.acquire(catalog, target, { operation: 'evolve', collection, ...options });
  const snapshot = catalog.snapshot();
  try {
    const manifest = collectionOf(snapshot, collection);
    const versions = versionsOf(snapshot, manifest, catalog.functions);
    const state = { snapshot, manifest };
    const first = new Reshaping(target, watch, options.workers, state, nextOf(versions));
    const found = await first.look(onFailure === 'quarantine');
    const failures = first.named(found.failures);
    const isHelped = found.failures.total > 0 && onFailure !== 'refuse';
    const next = nextOf(versions, isHelped ? onFailure : undefined);
    const reshaping = isHelped ? new Reshaping(target, watch, options.workers, state, next) : first;
    // What can be null is null; the others can all be kept, or put aside.
    const looked = isHelped && onFailure !== 'quarantine' ? await reshaping.look() : found;
    const refused = isHelped && onFailure !== 'null' ? found.failures.helpless : looked.failures;
    if (lock !== undefined) {
      reshaping.refuseFailed(refused);
      if (isHelped && onFailure === 'quarantine') aside = await reshaping.putAside(lock.token, found.failures.located);
      await reshaping.publish(lock, looked, aside);
      isPublished = true;
      failpoint('evolve.committed');
      await collectGarbage(catalog, target).catch(() => {}); // the next writer removes it
    }
    watch.enter('done');
    const { records, frames, total: failed } = found.failures;
    const quarantine = aside?.path;
    const { version: to } = versionsOf({ history: () => next.history }, { ...manifest, shape: next.shape });
    const facts = { collection, from: versions.version, to, applied: lock !== undefined };
    const counts = {
      records,
      frames,
      isProven: found.isProven,
      failed,
      refused: refused.total,
      failures,
      ...(quarantine && { quarantine }),
    };
    return { ...facts, ...counts, indexes: looked.indexes, seconds: watch.seconds };
  } catch (error) {
    throw lock === undefined ? watch.errorOf(error) : lock.reasonFor(watch.errorOf(error));
  } finally {
    aside?.close(isPublished);
    snapshot.release();
    await lock?.release();
    watch.close();
  }
}

/**
 * The shape that a migration leads to. It is a new one, unless the same migration was undone before.
 * @throws GristmillError VERSION_MISMATCH
 */
export function shapeAfter(versions: Versions, migration: Migration, onFailure?: NextShape['onFailure']): NextShape {
  checkFrom(versions, migration);
  const { history, shape } = versions;
  const { collection, from, to, ops } = migration;
  // What is put aside is not there any more.
  const policy = onFailure === 'quarantine' ? undefined : onFailure;
  const added: Shape = {
    ...{ from: shape, migration, applied: new Date().toISOString() },
    ...(policy && { onFailure: policy }),
  };
  const same = history.shapes.findIndex((one) => isSame(one, added));
  if (same === -1 && history.shapes.length === SHAPES_MAX) {
    throw versionMismatch(
      `collection ${collection} has had ${SHAPES_MAX} migrations, which is the most that it can have`,
    );
  }
  const next: History = same === -1 ? { ...history, shapes: [...history.shapes, added] } : history;
  const number = same === -1 ? next.shapes.length : same + 1;
  const { canFail } = planOf([{ ...migration, onFailure: policy }]);
  return {
    ...{ history: next, shape: number, actions: ops as readonly Action[], migration, onFailure },
    mayFail: (entry) => canFail && (entry.shape ?? 0) !== number,
    change: { operation: 'evolve', result: `version ${from} became ${to}${onFailure ? DONE[onFailure] : ''}` },
  };
}

/** What the audit log says of records that the migration could not change. */
const DONE = {
  quarantine: '; records that it could not change were put into quarantine',
  keep: '; records that it could not change are kept as they were',
  null: '; values that it could not change are null',
} as const;

function isSame(left: Shape, right: Shape): boolean {
  const said = ({ from, migration, onFailure }: Shape): string => JSON.stringify([from, migration.ops, onFailure]);
  return said(left) === said(right);
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
