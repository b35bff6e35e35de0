// source > [plan] > map > scan > key > frame > shard > verify > merge > [publish]
//
// What has to be so before an import goes on: sources that fit together, a collection that fits the import, room on disk;
// and what a publication is made of.

import { GristmillError } from '../base/errors.js';
import { checkIndexPaths, havePositions, isSamePath, isSamePlace, type KeyPath, withUnique } from '../keys/key-path.js';
import type { StorePlace } from '../store/files/blobs.js';
import { freeBytes } from '../store/files/io.js';
import { checkSameCollection } from '../store/publish/checks.js';
import { schemaOf } from '../store/publish/schema.js';
import { newKeySalt } from '../store/seal/hidden-keys.js';
import type { Catalog, KeyRule } from '../store/types.js';
import type { FilledImportOptions } from './options/resolve.js';
import type { SourcePlan } from './plan/source-plan.js';
import { carriedCheck } from './rules/validate.js';

/** Bytes that LMDB may write for a publication without any index: the pages on the way to a few changed values. */
const INDEX_BYTES_MIN = 256 * 1024;

/**
 * The indexes that an import makes: those that it names, and those that `createIndex` has made, because they stay until they
 * are dropped. An import that merges into a collection and names no index uses all that the collection has.
 * @throws TypeError if these are too many
 */
export function indexesFor(
  catalog: Catalog,
  { mode, collection, indexes, uniqueIndexes }: Pick<FilledImportOptions, 'mode' | 'collection' | keyof Indexes>,
): Indexes {
  catalog.refresh();
  const stored = catalog.collection(collection)?.secondary ?? [];
  const named = withUnique(indexes, uniqueIndexes);
  const takesAll = mode !== 'replace' && named.length === 0;
  const kept = stored.filter(({ path, kept }) => takesAll || (kept && !named.some((one) => isSamePlace(one, path))));
  const all = [...named, ...kept.map(({ path }) => path)];
  checkIndexPaths(all);
  // What is unique stays so, as long as the index stays.
  const stays = stored.filter(({ unique, kept }) => unique && (kept || mode !== 'replace'));
  const isUnique = (path: KeyPath): boolean =>
    uniqueIndexes.some((one) => isSamePath(one, path)) || stays.some((one) => isSamePlace(one.path, path));
  const isKept = (path: KeyPath): boolean => stored.some((one) => one.kept && isSamePlace(one.path, path));
  return { indexes: all, uniqueIndexes: all.filter(isUnique), keptIndexes: all.filter(isKept) };
}

/** All indexes of an import, those of them that it wants to be unique, and those that imports keep without naming them. */
type Indexes = Pick<FilledImportOptions, 'indexes' | 'uniqueIndexes' | 'keptIndexes'>;

/** The schema that the collection carries. @throws GristmillError CHECKSUM_MISMATCH if it is damaged */
export function carriedFor(
  catalog: Catalog,
  { collection }: Pick<FilledImportOptions, 'collection'>,
): Pick<FilledImportOptions, 'carried'> {
  const manifest = catalog.collection(collection);
  if (manifest?.schema === undefined) return {};
  const carried = schemaOf(catalog, manifest)!.text;
  // Before any work is done.
  carriedCheck(collection, manifest.schema, () => carried);
  return { carried };
}

/** Sources were given together that cannot be imported together. */
export class SourcesDisagree extends TypeError {}

/** Whether the primary key is known, although the layout of some sources may not be. */
export function isKeyKnown(plans: readonly SourcePlan[], { key }: FilledImportOptions): boolean {
  return key !== undefined || plans.some(({ isUnknown }) => !isUnknown);
}

/** Where the primary key comes from, as far as the layout of the sources is known. @throws TypeError when the sources do not agree */
export function keyRuleFor(plans: readonly SourcePlan[], options: FilledImportOptions): KeyRule {
  if (options.key !== undefined) return { kind: 'path', path: options.key };
  const known = plans.filter(({ isUnknown }) => !isUnknown);
  const named = known.filter((plan) => plan.recordLayout === 'object').length;
  if (named > 0 && named < known.length) {
    throw new SourcesDisagree(
      'some sources are objects of named records and other sources are not: give option key, or import them separately',
    );
  }
  return named > 0 ? { kind: 'name' } : { kind: 'ordinal' };
}

/**
 * @returns whether numbers in the paths of indexes are positions: in a collection that is there, as it has them
 * @throws COLLECTION_MISMATCH before any work is done
 */
export function checkSameAsStored(
  catalog: Catalog,
  key: KeyRule,
  { mode, collection, indexes, uniqueIndexes }: FilledImportOptions,
): { readonly positions: true | undefined } {
  if (mode !== 'replace') catalog.refresh();
  const stored = mode === 'replace' ? undefined : catalog.collection(collection);
  if (stored) checkSameCollection(stored, { key, indexPaths: indexes, uniquePaths: uniqueIndexes });
  return { positions: stored ? stored.positions : havePositions(indexes) || undefined };
}

/** The salt of a collection that hides its keys: the one that it has, or a new one. @param id of the import */
export function keySaltFor(
  { catalog, seal }: StorePlace & { readonly catalog: Catalog },
  collection: string,
  id: string,
): string | undefined {
  return catalog.collection(collection)?.keySalt ?? newKeySalt(seal, id, collection);
}

/** Adds to the error of an empty source the records that the import would remove. Returns any other error unchanged. */
export function emptyFor(error: unknown, catalog: Catalog, collection: string): unknown {
  if (!(error instanceof GristmillError) || error.code !== 'SOURCE_EMPTY') return error;
  const records = catalog.collection(collection)?.records ?? 0;
  if (records === 0) return error;
  const message = `${error.message} The collection ${JSON.stringify(collection)} keeps ${countOf(records)}. To make it empty, give option allowEmpty: true.`;
  return new GristmillError('SOURCE_EMPTY', message, { ...(error.file !== undefined && { file: error.file }) });
}

function countOf(records: number): string {
  return records === 1 ? 'its one record' : `its ${records} records`;
}

/**
 * Last in a transaction: refuses to leave a collection that had records without any.
 * @param before records it had when the transaction began
 * @throws SOURCE_EMPTY, which rolls the transaction back
 */
export function checkNotEmptied(
  catalog: Catalog,
  before: number,
  { collection, allowEmpty }: Pick<FilledImportOptions, 'collection' | 'allowEmpty'>,
  sources: readonly string[],
): void {
  if (allowEmpty || before === 0 || catalog.collection(collection)?.records !== 0) return;
  const what = sources.length === 1 ? `${sources[0]} has` : `${sources[0]} and ${sources.length - 1} more sources have`;
  const message = `${what} no records; the collection ${JSON.stringify(collection)} keeps ${countOf(before)}. To make it empty, give option allowEmpty: true.`;
  throw new GristmillError('SOURCE_EMPTY', message);
}

/**
 * @param runBytes of the sorted runs; before the scan 0, and only a little room is asked for
 * @throws DISK_FULL when the index pages would not fit: LMDB itself reports a full disk as something else.
 */
export function checkFreeSpace({ directory, blobs }: StorePlace, runBytes: number): void {
  if (!blobs.areFiles) return; // memory tells when it is full
  const bytesNeeded = INDEX_BYTES_MIN + 2 * runBytes;
  const free = freeBytes(directory);
  if (free >= bytesNeeded) return;
  const message = `The index needs about ${bytesNeeded} bytes, but ${directory} has only ${free} bytes free; nothing was changed. Free some space and import again.`;
  throw new GristmillError('DISK_FULL', message, { file: directory, bytesNeeded });
}
