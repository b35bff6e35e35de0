// store at rest: [seal]
//
// The secrets that hide the keys of an encrypted store in its indexes (docs/format.md, Keys): one for each index, made of the
// first data key, the store, a salt of the collection and the path of the index. So equal values of two indexes, or of two
// collections, do not look equal. With another secret all indexes would have to be made anew. So when the first data key goes,
// what was made of it and the salt stays in the place of the salt: that is the first half of HKDF (RFC 5869, Extract).

import { createHash, createHmac } from 'node:crypto';
import { GristmillError } from '../../base/errors.js';
import { type KeyPath, keyPathText } from '../../keys/key-path.js';
import { Pseudonyms } from '../../keys/pseudonyms.js';
import { dataKeyOf } from './data-keys.js';
import { purpose } from './derive.js';
import type { SealKeys } from './types.js';

const PURPOSE = 'gristmill keys 1';
const SALT_BYTES = 16;
/** The data key that a salt is for. */
const FIRST = 1;

/** A collection that may hide its keys. */
export interface Hiding {
  readonly name: string;
  /** Where the primary key is. */
  readonly key: { readonly kind: 'path'; readonly path: KeyPath } | { readonly kind: 'name' | 'ordinal' };
  readonly keySalt?: string | undefined;
  /** Its secondary indexes, in order. */
  readonly secondary: readonly { readonly path: KeyPath }[];
}

/** The pseudonyms of a collection's indexes. */
export interface HiddenKeys {
  /** In a collection without a key, of nothing. */
  readonly primary: Pseudonyms;
  readonly secondary: readonly Pseudonyms[];
}

/**
 * The salt of a new collection: undefined where keys are not hidden.
 * @param id of what makes it, an import or a transaction; one that is resumed has the same
 */
export function newKeySalt(seal: SealKeys | undefined, id: string, collection: string): string | undefined {
  if (seal?.keys !== 'hidden') return undefined;
  const hash = createHash('sha256').update(`${id}\n${collection}`);
  const salt = hash.digest('hex').slice(0, 2 * SALT_BYTES);
  return seal.active === FIRST ? salt : extracted(seal, salt, seal.active);
}

/** What makes the same secrets as a salt without a data key. */
export function withoutDataKey(seal: SealKeys, salt: string): string {
  return isSalt(salt) ? extracted(seal, salt, FIRST) : salt;
}

/** Whether secrets are made of a data key and this. */
export function isSalt(salt: string): boolean {
  return salt.length === 2 * SALT_BYTES;
}

function extracted(seal: SealKeys, salt: string, number: number): string {
  const dataKey = dataKeyOf(seal, number);
  if (dataKey === undefined) throw missingKey(number);
  return createHmac('sha256', Buffer.from(salt, 'hex')).update(dataKey.key).digest('hex');
}

function missingKey(number: number): GristmillError {
  const message = `the store needs data key ${number}, which its key ring does not have: restore keys.json from a backup of the store`;
  return new GristmillError('CHECKSUM_MISMATCH', message);
}

/** By index number, the secrets of the indexes of a collection; undefined where its keys are not hidden. */
export function secretsOf(seal: SealKeys | undefined, hiding: Hiding): readonly Uint8Array[] | undefined {
  return allOf(seal, hiding)?.map(({ secret }) => secret);
}

/** Undefined where the keys of a collection are not hidden. */
export function hiddenKeys(seal: SealKeys | undefined, hiding: Hiding): HiddenKeys | undefined {
  const all = allOf(seal, hiding);
  if (all === undefined) return undefined;
  const [primary, ...secondary] = all;
  return { primary: primary as Pseudonyms, secondary };
}

function allOf(seal: SealKeys | undefined, { name, key, keySalt, secondary }: Hiding): Pseudonyms[] | undefined {
  if (keySalt === undefined) return undefined;
  if (seal === undefined) {
    const message = `collection ${name} says that its keys are hidden, but the store is not encrypted: the store is damaged`;
    throw new GristmillError('CHECKSUM_MISMATCH', message);
  }
  const primary = key.kind === 'path' ? keyPathText(key.path) : '';
  const indexes = [`key ${primary}`, ...secondary.map(({ path }) => `index ${keyPathText(path)}`)];
  return indexes.map((index) => pseudonymsIn(seal, keySalt, index));
}

/** Manifests change with every commit, and deriving takes longer than a lookup. */
const known = new WeakMap<SealKeys, Map<string, Pseudonyms>>();

function pseudonymsIn(seal: SealKeys, salt: string, index: string): Pseudonyms {
  const ofStore = known.get(seal) ?? new Map<string, Pseudonyms>();
  known.set(seal, ofStore);
  const id = `${salt} ${index}`;
  const found = ofStore.get(id) ?? new Pseudonyms(secretOf(seal, salt, index));
  ofStore.set(id, found);
  return found;
}

/** Overwrites the secrets that were made of these keys: nothing reads the store any more. */
export function forgetSecrets(seal: SealKeys): void {
  for (const pseudonyms of known.get(seal)?.values() ?? []) pseudonyms.forget();
  known.delete(seal);
}

/** HKDF-SHA-256: the second half of it (Expand) makes one block of the first. */
function secretOf(seal: SealKeys, salt: string, index: string): Uint8Array {
  const key = Buffer.from(withoutDataKey(seal, salt), 'hex');
  const info = Buffer.concat([purpose(PURPOSE, seal.storeId), Buffer.from(index)]);
  return createHmac('sha256', key).update(info).update(Buffer.of(1)).digest();
}
