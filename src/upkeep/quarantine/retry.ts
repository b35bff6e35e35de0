// [quarantine]: records of it, imported after all.
//
// First records are stored, a batch of them in each transaction; then the file is replaced by one without them. So whenever
// a retry ends, by an error or a kill, each record is in the collection, in the file, or in both: never in neither. Storing a
// record again that has a key changes nothing.

import { dirname } from 'node:path';
import { GristmillError } from '../../base/errors.js';
import type { BadReasonName } from '../../kernel/contract.js';
import { resolveOptions } from '../../options/check.js';
import { either } from '../../options/shared.js';
import { cancelledError } from '../../parallel/wire.js';
import type { StorePlace } from '../../store/files/blobs.js';
import { WriterLock } from '../../store/lock/writer-lock.js';
import {
  factsOf,
  type QuarantinedFacts,
  type QuarantineLine,
  quarantineLines,
  rawOf,
} from '../../store/quarantine/lines.js';
import { collectionOf, pathOfQuarantine, type QuarantineName } from '../../store/quarantine/names.js';
import type { Catalog, CollectionManifest } from '../../store/types.js';
import { keyPlanOf } from '../../update/records/record.js';
import type { Transaction } from '../../update/transaction.js';
import { versionsOf } from '../evolve/history.js';
import { type CorrectedRecord, RETRY_OPTIONS, type RetryOptions, type RetryReport } from './options.js';
import { recordsOf } from './records-of.js';
import { findFile, openQuarantine } from './review.js';

export interface RetryTarget {
  readonly place: StorePlace;
  readonly catalog: Catalog;
  /** @param why the reason, for the audit log */
  readonly transaction: <R>(change: (transaction: Transaction) => R, why: string | undefined) => Promise<R>;
  readonly closing?: AbortSignal;
}

/** Entries and bytes of a transaction: it holds them in memory. */
const BATCH_ENTRIES = 1000;
const BATCH_BYTES = 8 << 20;
const REFUSED_SHOWN = 100;

/** Reasons of documents that were to have their records inside. They would be stored as records themselves. */
const OF_DOCUMENTS: ReadonlySet<string> = new Set<BadReasonName>([
  'SELECT_NOT_FOUND',
  'SELECT_NOT_CONTAINER',
  'BAD_DOCUMENT',
]);

/** What records of sources are that were converted to JSON. A retry does not convert: it knows no options of the import. */
const OF_OTHER_FORMATS: { readonly [reason: string]: string | undefined } = {
  BAD_ROW: 'it is a row of cells',
  BAD_BSON: 'it is a document of BSON',
  BAD_ACTION: 'it is an action of a bulk file',
} satisfies { readonly [reason in BadReasonName]?: string };

/** Such a record would be stored as it is in the source. */
const TRANSFORM_FAILED: BadReasonName = 'TRANSFORM_FAILED';
/** A retry stores records of the newest version. */
const MIGRATION_FAILED: BadReasonName = 'MIGRATION_FAILED';
/** A retry does not know the schema of option `validate`. */
const SCHEMA_VIOLATION: BadReasonName = 'SCHEMA_VIOLATION';

interface Entry {
  readonly number: number;
  readonly text: string;
  readonly source: QuarantinedFacts;
  readonly isCorrected: boolean;
}

type Refused = RetryReport['refused'][number];

/** @throws GristmillError SOURCE_NOT_FOUND, COLLECTION_NOT_FOUND, STORE_BUSY, CANCELLED, DISK_FULL, IO_ERROR; TypeError */
export async function retryQuarantine(
  target: RetryTarget,
  given: string,
  options?: RetryOptions,
): Promise<RetryReport> {
  const resolved = resolveOptions('retry', RETRY_OPTIONS, options);
  const corrected = resolved.corrected && checkedCorrections(resolved.corrected);
  const { place, catalog } = target;
  catalog.refresh();
  const found = findFile(place, given);
  const collection =
    resolved.collection ??
    collectionOf(
      found,
      catalog.collections().map(({ name }) => name),
      place.seal,
    );
  if (collection === undefined)
    throw new TypeError(`retry: ${found.name} does not say its collection: give collection`);
  const { wait, onWait, signal } = resolved;
  const cancel = either(signal, target.closing);
  const lock = await WriterLock.acquire(catalog, place, {
    operation: 'import',
    collection,
    wait,
    onWait,
    signal: cancel,
  });
  const accepted = new Set<number>();
  const refused: Refused[] = [];
  let left = 0;
  try {
    try {
      for (const batch of batchesOf(place, found, corrected)) {
        if (cancel?.aborted) throw cancelledError(cancel.reason);
        const bad = await storeBatch(target, lock, { collection, why: resolved.why }, batch);
        const isBad = new Set(bad.map(({ number }) => number));
        for (const { number } of batch) if (!isBad.has(number)) accepted.add(number);
        refused.push(...bad.slice(0, REFUSED_SHOWN - refused.length));
      }
    } finally {
      left = await leaveOut(place, found, accepted);
    }
  } finally {
    await lock.release();
  }
  return { collection, accepted: accepted.size, left, refused };
}

function checkedCorrections(corrected: readonly CorrectedRecord[]): Map<number, string> {
  for (const one of corrected) {
    const isFine = Number.isSafeInteger(one?.number) && one.number > 0 && typeof one.text === 'string';
    if (!isFine) throw new TypeError('retry: options.corrected must be a list of objects with a number and a text');
  }
  return new Map(corrected.map(({ number, text }) => [number, text]));
}

function* batchesOf(
  place: StorePlace,
  found: QuarantineName,
  corrected: ReadonlyMap<number, string> | undefined,
): Generator<Entry[]> {
  const path = pathOfQuarantine(place, found.name);
  const file = openQuarantine(place, found);
  const missing = new Set(corrected?.keys());
  let [batch, bytes]: [Entry[], number] = [[], 0];
  try {
    for (const line of quarantineLines(file)) {
      const { number } = line;
      missing.delete(number);
      if (corrected !== undefined && !corrected.has(number)) continue;
      batch.push({
        number,
        text: textOf(line, corrected?.get(number)),
        source: factsOf(line, path),
        isCorrected: corrected !== undefined,
      });
      bytes += line.line.byteLength;
      if (batch.length < BATCH_ENTRIES && bytes < BATCH_BYTES) continue;
      yield batch;
      [batch, bytes] = [[], 0];
    }
  } finally {
    file.close();
  }
  const [number] = missing;
  if (number !== undefined) throw new TypeError(`retry: ${found.name} has no record ${number}`);
  if (batch.length > 0) yield batch;
}

/** Bytes that are not UTF-8 stay bad: a lone surrogate stands for them, which no record may have. */
function textOf(line: QuarantineLine, corrected: string | undefined): string {
  const raw = rawOf(line);
  const text = raw.toString();
  if (corrected !== undefined && corrected.trim() !== text.trim()) return corrected;
  return Buffer.compare(Buffer.from(text), raw) === 0 ? text : '\ud800';
}

/** @returns those that are still bad, also those that a unique index does not allow: halves find out which these are */
async function storeBatch(
  target: RetryTarget,
  lock: WriterLock,
  into: { readonly collection: string; readonly why: string | undefined },
  batch: readonly Entry[],
): Promise<Refused[]> {
  try {
    return await target.transaction((transaction) => {
      lock.check();
      return putBatch(target, transaction, into.collection, batch);
    }, into.why);
  } catch (error) {
    if (!(error instanceof GristmillError) || !isNotUnique(error)) throw error;
    if (batch.length === 1) return [refusalOf(batch[0] as Entry, error)];
    const half = Math.ceil(batch.length / 2);
    const first = await storeBatch(target, lock, into, batch.slice(0, half));
    return [...first, ...(await storeBatch(target, lock, into, batch.slice(half)))];
  }
}

/** Stores the records of a batch, within a transaction. @returns those that are still bad */
function putBatch(
  { catalog, place }: RetryTarget,
  transaction: Transaction,
  name: string,
  batch: readonly Entry[],
): Refused[] {
  const stored = catalog.collection(name);
  // Not in the version of the store: what is given is of the newest.
  const collection = transaction.collection(name, stored && { schemaVersion: versionsOf(catalog, stored).version });
  const manifest = stored as CollectionManifest;
  const plan = keyPlanOf(manifest, place.seal);
  const refused: Refused[] = [];
  for (const entry of batch) {
    if (OF_DOCUMENTS.has(entry.source.reason)) {
      const message =
        'it is not a record, but a document that has records inside: correct its source, and import the source';
      refused.push({ number: entry.number, code: 'BAD_RECORD', message });
      continue;
    }
    if (entry.source.reason === TRANSFORM_FAILED && !entry.isCorrected) {
      const message = 'option transform failed on it: give a corrected text, or correct the module and import again';
      refused.push({ number: entry.number, code: 'BAD_RECORD', message });
      continue;
    }
    if (entry.source.reason === MIGRATION_FAILED && !entry.isCorrected) {
      const message = 'it cannot be migrated: give its text in the newest version of the collection';
      refused.push({ number: entry.number, code: 'BAD_RECORD', message });
      continue;
    }
    if (entry.source.reason === SCHEMA_VIOLATION && !entry.isCorrected) {
      const message =
        'it is not valid against the schema of its import: give a corrected text, or correct the schema and import again';
      refused.push({ number: entry.number, code: 'BAD_RECORD', message });
      continue;
    }
    const other = OF_OTHER_FORMATS[entry.source.reason];
    if (other !== undefined && !entry.isCorrected) {
      const message = `${other}, and a retry reads JSON: give it as a JSON object in a corrected text, or correct the source and import it again`;
      refused.push({ number: entry.number, code: 'BAD_RECORD', message });
      continue;
    }
    try {
      for (const { text, name } of recordsOf(catalog, manifest, plan, entry)) collection.putText(text, name);
    } catch (error) {
      if (!(error instanceof GristmillError) || !isBadRecord(error)) throw error;
      refused.push(refusalOf(entry, error));
    }
  }
  return refused;
}

function refusalOf({ number }: Entry, { code, message }: GristmillError): Refused {
  return { number, code, message: message.replace('; nothing was changed', '') };
}

/** What the commit says of records: a value that another record has, or one too long for a unique index. */
const isNotUnique = ({ code }: GristmillError) => code === 'UNIQUE_VIOLATION' || code === 'KEY_TOO_LONG';

const isBadRecord = ({ code }: GristmillError) =>
  code === 'BAD_RECORD' || code === 'KEY_TOO_LONG' || code === 'RECORD_TOO_LARGE' || code === 'SCHEMA_VIOLATION';

/** Replaces the file by one without these entries; by none, where nothing is left. @returns how many are left */
async function leaveOut(place: StorePlace, found: QuarantineName, accepted: ReadonlySet<number>): Promise<number> {
  const { blobs } = place;
  const path = pathOfQuarantine(place, found.name);
  const temporary = `${path}.new`;
  blobs.remove(temporary);
  const file = openQuarantine(place, found);
  let left = 0;
  try {
    const writer = accepted.size > 0 ? blobs.create(temporary, 'quarantine file') : undefined;
    try {
      for (const { number, line } of quarantineLines(file)) {
        if (accepted.has(number)) continue;
        writer?.append(line);
        left++;
      }
    } finally {
      writer?.close();
    }
  } catch (error) {
    blobs.remove(temporary);
    throw error;
  } finally {
    file.close();
  }
  if (accepted.size === 0) return left;
  await blobs.sync(temporary);
  if (left > 0) blobs.rename(temporary, path);
  else for (const one of [path, temporary]) blobs.remove(one);
  blobs.syncDirectory(dirname(path));
  if (left === 0) blobs.removeEmpty(dirname(path));
  return left;
}
