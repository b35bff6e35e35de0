// key > [index page] > location > frame cache > frame > record
//
// Ranges where keys are hidden: an index knows equal keys, and no order. So a range is about one key, or it is refused.

import { GristmillError } from '../../base/errors.js';
import { decodeKey } from '../../keys/decode.js';
import { compareKeys, encodeKey } from '../../keys/encode.js';
import { type KeyPath, quotedPath } from '../../keys/key-path.js';
import type { Pseudonyms } from '../../keys/pseudonyms.js';
import type { HiddenKeys } from '../../store/seal/hidden-keys.js';
import type { CollectionManifest } from '../../store/types.js';
import { indexNumber } from './generation.js';
import type { Bounds, RangeOptions } from './range.js';

/** An index that may hide its keys. */
export interface MayHide {
  readonly manifest: CollectionManifest;
  readonly index: KeyPath | undefined;
  readonly hidden: HiddenKeys | undefined;
}

/** The pseudonyms of an index. Undefined where its keys are not hidden, as ordinals are not. */
export function pseudonymsIn({ manifest, index, hidden }: MayHide): Pseudonyms | undefined {
  if (hidden === undefined) return undefined;
  if (index !== undefined) return hidden.secondary[indexNumber(manifest, index)];
  return manifest.key.kind === 'ordinal' ? undefined : hidden.primary;
}

/**
 * The bounds of a range as the index has them. Without bounds they stay none, which is enough to count.
 * @throws GristmillError RANGE_NEEDS_PLAINTEXT_KEYS for bounds that are not those of one key
 */
export function hiddenBounds(source: MayHide, bounds: Bounds, options: RangeOptions): Bounds {
  const pseudonyms = pseudonymsIn(source);
  if (pseudonyms === undefined) return bounds;
  const { gt, gte, lt, lte, prefix } = options;
  if ([gt, gte, lt, lte, prefix].every((bound) => bound === undefined)) return bounds;
  if (gte === undefined || lte === undefined || prefix !== undefined) throw needsOrder(source);
  const whole = encodeKey(gte, 'keep');
  if (compareKeys(whole, encodeKey(lte, 'keep')) !== 0) throw needsOrder(source);
  const bound = { key: pseudonyms.of(whole), inclusive: true };
  return { ...bounds, lower: bound, upper: bound, only: decodeKey(whole) };
}

/** The error about what needs the order of keys. */
export function needsOrder({ manifest: { name }, index }: Omit<MayHide, 'hidden'>): GristmillError {
  const what = index === undefined ? 'its keys' : `the values of its index ${quotedPath(index)}`;
  const message = `collection ${name} hides ${what}, so they have no order here: only records with one key or value can be found (get, find); for ranges, make a store with initStore and option keys: 'plaintext', and import into that`;
  return new GristmillError('RANGE_NEEDS_PLAINTEXT_KEYS', message);
}
