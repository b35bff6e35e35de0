// [record > line, keys > overlay] > pages > transaction
//
// Which records a deletion of a range is about: bounds of primary keys, checked as those of a read range are.

import { compareKeys } from '../keys/encode.js';
import { needsOrder } from '../lookup/index/hidden-range.js';
import { checkBoundsOf, keyOf } from '../lookup/index/key-form.js';
import { BOUNDS_OPTIONS, type Bounds, type RangeOptions, resolveBounds } from '../lookup/index/range.js';
import type { Lookup } from '../lookup/lookup.js';
import { type OptionTable, resolveOptions } from '../options/check.js';
import type { TreeAt } from '../store/recent-types.js';
import type { CatalogRead, CollectionManifest } from '../store/types.js';

/** Bounds of primary keys; at least one. They have the same meaning as in `range`. */
export type KeyBounds = Pick<RangeOptions, 'gt' | 'gte' | 'lt' | 'lte' | 'prefix'>;

const { gt, gte, lt, lte, prefix } = BOUNDS_OPTIONS;
const DELETE_RANGE_OPTIONS = { gt, gte, lt, lte, prefix } as const satisfies OptionTable;

/**
 * @throws TypeError for bounds that are wrong or none, and in a collection without a key; GristmillError
 * RANGE_NEEDS_PLAINTEXT_KEYS
 */
export function deletedBounds(manifest: CollectionManifest, given: KeyBounds): Bounds {
  const { name, key, keySalt } = manifest;
  const options = resolveOptions('deleteRange', DELETE_RANGE_OPTIONS, given);
  if (key.kind === 'ordinal') {
    throw new TypeError(
      `collection ${name} has no key, so it has no ranges of keys: delete its records by their ordinals`,
    );
  }
  if (Object.values(options).every((bound) => bound === undefined)) {
    throw new TypeError(
      'deleteRange needs a bound: gt, gte, lt, lte or prefix; to delete all records, clear the collection',
    );
  }
  checkBoundsOf(keyOf(name), key.kind === 'path' ? key.path : '', options);
  if (keySalt !== undefined) throw needsOrder({ manifest, index: undefined });
  return resolveBounds(options);
}

/** The tree of the primary keys, as the transaction sees it beneath its own changes. */
export function primaryIn(lookup: Lookup): { readonly primary: TreeAt; readonly read: CatalogRead } {
  const generation = lookup.newest();
  // A collection with a key has one.
  return { primary: generation.primary!.manifest, read: generation.current() };
}

/** Whether a key is within bounds of whole keys. */
export function isInBounds(key: Uint8Array, { lower, upper }: Bounds): boolean {
  const low = lower === undefined ? 1 : compareKeys(key, lower.key);
  const high = upper === undefined ? -1 : compareKeys(key, upper.key);
  return (
    (low > 0 || (low === 0 && lower?.inclusive === true)) && (high < 0 || (high === 0 && upper?.inclusive === true))
  );
}
