// Gives a collection a schema: checks its records, then one transaction, which also checks what transactions have put meanwhile.
// From then on the schema holds in all processes: who writes next reads the manifest.

import type { GristmillError } from '../../base/errors.js';
import { failpoint } from '../../base/failpoints.js';
import { schemaText } from '../../import/rules/validate.js';
import type { StorePlace } from '../../store/files/blobs.js';
import { WriterLock } from '../../store/lock/writer-lock.js';
import type { Catalog } from '../../store/types.js';
import { collectionOf } from '../collection-of.js';
import { RepairWatch } from '../repair/progress.js';
import { carry } from './carry.js';
import { CollectionCheck } from './check.js';
import { invalidError } from './invalid.js';
import {
  type FilledSetSchemaOptions,
  resolveSetSchema,
  type SetSchemaOptions,
  type SetSchemaReport,
} from './options.js';
import type { Checkers } from './task.js';

/** Rounds of checking what transactions put meanwhile, before the rest goes into the publishing transaction. */
const ROUNDS_MAX = 64;

/** Where a schema is set. */
export interface SchemaTarget extends StorePlace {
  readonly catalog: Catalog;
  /** Starts so many threads; 0: the calling thread does the work. */
  readonly startWorkers: (threads: number) => Checkers;
  /** Cancels as the option `signal` does. */
  readonly closing?: AbortSignal;
}

/**
 * @param given a JSON Schema (2020-12): an object, JSON text, or the path or file: URL of a file
 * @throws GristmillError COLLECTION_NOT_FOUND, SCHEMA_VIOLATION, STORE_BUSY, CANCELLED, DISK_FULL, IO_ERROR, CHECKSUM_MISMATCH;
 * TypeError for what is no schema, or a wrong option. Nothing has changed then.
 */
export async function setSchema(
  target: SchemaTarget,
  collection: string,
  given: string | object,
  options?: SetSchemaOptions,
): Promise<SetSchemaReport> {
  const filled = resolveSetSchema(options, target.closing);
  const text = textOf(given);
  const { catalog } = target;
  catalog.refresh();
  collectionOf(catalog, collection);
  const watch = new RepairWatch(filled, 'schema');
  try {
    const lock = await WriterLock.acquire(catalog, target, { operation: 'schema', collection, ...filled });
    try {
      const check = filled.onlyNew ? undefined : await checked(target, collection, text, watch, filled);
      const records = await publish(target, lock, collection, text, check);
      return { collection, records, checked: check !== undefined, seconds: watch.done() };
    } catch (error) {
      throw lock.reasonFor(watch.errorOf(error as GristmillError));
    } finally {
      await lock.release();
    }
  } finally {
    watch.close();
  }
}

/** @throws TypeError for what is no JSON Schema */
function textOf(given: string | object): string {
  const what = 'setSchema: the schema';
  if (typeof given === 'string' && given !== '') return schemaText(given, what);
  if (typeof given === 'object' && given !== null && !Array.isArray(given))
    return schemaText(JSON.stringify(given), what);
  throw new TypeError(`${what} must be an object, JSON text, or the path or file: URL of a JSON Schema`);
}

/** Checks the records there are. @throws GristmillError SCHEMA_VIOLATION */
async function checked(
  target: SchemaTarget,
  collection: string,
  text: string,
  watch: RepairWatch<'schema'>,
  { workers }: FilledSetSchemaOptions,
): Promise<CollectionCheck> {
  const { catalog } = target;
  const check = new CollectionCheck(text);
  catalog.refresh();
  const snapshot = catalog.snapshot();
  try {
    const manifest = collectionOf(snapshot, collection);
    await check.files(target, snapshot, manifest, watch, workers);
    while (!check.inline(snapshot, manifest)) await watch.pause();
  } finally {
    snapshot.release();
  }
  for (let round = 0; round < ROUNDS_MAX; round++) {
    await watch.pause();
    catalog.refresh();
    if (check.inline(catalog, collectionOf(catalog, collection))) break;
  }
  refuseInvalid(target, collection, check);
  return check;
}

function refuseInvalid(target: SchemaTarget, collection: string, check: CollectionCheck): void {
  if (check.invalid === 0) return;
  const { catalog } = target;
  throw invalidError(catalog, target, collectionOf(catalog, collection), check);
}

/** @param check of all records but the newest @returns live records */
function publish(
  target: SchemaTarget,
  lock: WriterLock,
  collection: string,
  text: string,
  check: CollectionCheck | undefined,
): Promise<number> {
  const { catalog } = target;
  return catalog.transaction((write) => {
    lock.check();
    if (check !== undefined) {
      check.inline(catalog, collectionOf(catalog, collection), Number.POSITIVE_INFINITY);
      refuseInvalid(target, collection, check);
    }
    const onlyNew = check === undefined && { onlyNew: true as const };
    const records = carry(catalog, write, lock, collection, {
      ...{ version: 1, text, since: new Date().toISOString() },
      ...onlyNew,
    });
    failpoint('schema.set');
    return records;
  });
}
