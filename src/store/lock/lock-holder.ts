// store at rest: [lock]
//
// What others see of a lock (writer-lock.ts): who holds it, does it live, does it merge into a collection. Asking is cheap,
// and may be done within a transaction.

import { setTimeout } from 'node:timers/promises';
import { GristmillError } from '../../base/errors.js';
import type { Writer } from '../../options/shared.js';
import type { LockRecord } from '../lock-types.js';
import type { Catalog, CatalogRead } from '../types.js';
import { isRunning } from './process-identity.js';

/** A holder counts as dead if it has not renewed its lock for this long. */
export const STALE_MILLISECONDS = 60_000;
/** The pause between two looks of a waiting process: the first one, and the longest one. */
const PAUSE_MILLISECONDS_MIN = 4;
const PAUSE_MILLISECONDS_MAX = 250;
/** The pause between two attempts at work that a full disk refused. */
const ROOM_MILLISECONDS = 500;

/** Locks that this thread took: held, or given up without their record being removed (a catalog that fails). */
const ours = new Map<string, 'held' | 'abandoned'>();

/** Locks that were renewed in the future: what their records said last, and since when. */
const ahead = new Map<string, { readonly renewed: string; readonly since: number }>();

/** Called by the code that takes locks. */
export function noteLock(token: string, state: 'held' | 'abandoned' | 'released'): void {
  if (state === 'released') ours.delete(token);
  else ours.set(token, state);
}

/**
 * The live merge into a collection, if one is under way; usable within a transaction. What changes the collection then
 * would make that merge fail at its end.
 */
export function mergeUnderWay(catalog: CatalogRead, collection: string): LockRecord | undefined {
  const holder = catalog.lock();
  if (holder?.merging !== collection && !holder?.alsoMerging?.includes(collection)) return undefined;
  return isAlive(holder) ? holder : undefined;
}

/** Resolves when no merge into the collection is under way; another may begin at once. @throws GristmillError CANCELLED */
export async function waitUntilMergeable(catalog: Catalog, collection: string, signal?: AbortSignal): Promise<void> {
  for (const pause = pauses(signal); ; await pause()) {
    catalog.refresh();
    if (mergeUnderWay(catalog, collection) === undefined) return;
  }
}

/**
 * Whether whoever wrote this record is still at it. That its process runs is not enough: one whose catalog failed cannot
 * remove its record; nor can it renew it, or publish.
 */
export function isAlive(holder: LockRecord): boolean {
  if (holder.isAbandoned) return false;
  const state = ours.get(holder.token);
  if (state !== undefined) return state === 'held';
  const running = isRunning(holder);
  if (running === false) return false;
  const age = Date.now() - Date.parse(holder.renewed);
  if (age > -STALE_MILLISECONDS) {
    ahead.delete(holder.token);
    return age < STALE_MILLISECONDS;
  }
  // Its clock was far ahead, or ours was set back: the time says nothing. Who cannot be seen is dead then; who is seen to run
  // is given time to renew its lock.
  return running === true && isRenewing(holder);
}

/** Whether the record has changed lately, by our own clock. */
function isRenewing({ token, renewed }: LockRecord): boolean {
  const seen = ahead.get(token);
  if (seen?.renewed === renewed) return performance.now() - seen.since < STALE_MILLISECONDS;
  ahead.set(token, { renewed, since: performance.now() });
  return true;
}

/**
 * Whether whoever holds, or held, this lock may go on with what it was doing: it was only stopped, for all that can be seen.
 * Undefined for a process that cannot be seen from here.
 */
export function mayGoOn(holder: Pick<LockRecord, 'token' | 'pid' | 'process'>): boolean | undefined {
  const state = ours.get(holder.token);
  return state === undefined ? isRunning(holder) : state === 'held';
}

/** `import into posts by process 123 on host since 2026-01-01T00:00:00.000Z` */
export function describeHolder({ operation, collection, pid, host, since }: Writer): string {
  const what =
    collection === undefined ? operation : `${operation} ${operation === 'import' ? 'into' : 'of'} ${collection}`;
  return `${what} by process ${pid} on ${host} since ${since}`;
}

/** A pause that gets longer each time. It rejects with CANCELLED when the signal is aborted, or was: then at once. */
export function pauses(signal?: AbortSignal): () => Promise<void> {
  let milliseconds = PAUSE_MILLISECONDS_MIN;
  return async () => {
    try {
      await setTimeout(milliseconds, undefined, { signal });
    } catch (cause) {
      const message = 'cancelled while waiting for another writer; nothing was changed';
      throw new GristmillError('CANCELLED', message, { cause: signal?.reason ?? cause });
    }
    milliseconds = Math.min(2 * milliseconds, PAUSE_MILLISECONDS_MAX);
  };
}

/**
 * Does in the background what failed because the disk was full, so that others need not wait until this process ends, or is
 * taken for dead. Keeps no process alive. Ends when it is done, or fails otherwise (the store was closed, for one).
 * @param error what it failed with; any other than DISK_FULL is left alone.
 */
export async function untilThereIsRoom(work: () => Promise<void>, error: unknown): Promise<void> {
  for (let failure = error; (failure as GristmillError | undefined)?.code === 'DISK_FULL'; ) {
    await setTimeout(ROOM_MILLISECONDS, undefined, { ref: false });
    failure = await work().then(
      () => undefined,
      (again) => again,
    );
  }
}
