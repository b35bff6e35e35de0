// store at rest: [ring]
//
// The data keys of a ring are exchanged while processes have the store open (docs/decisions.md). One is added and becomes
// active; when nothing is sealed with the others any more, they go. Processes follow the ring with keys that are made of the
// key-encryption key, because that one is gone from memory, and a passphrase or a service cannot be asked in the midst of a read.

import { randomBytes } from 'node:crypto';
import { GristmillError } from '../../base/errors.js';
import { adopt, followBy } from '../seal/data-keys.js';
import { KEY_BYTES } from '../seal/derive.js';
import type { RingKeys, SealKeys } from '../seal/types.js';
import { isFirstRing, isGenuine, NUMBER_MAX, type StoredRing, writeChangedRing } from './format.js';
import { dataKeysIn, missingRing, replaceRing, storedRing } from './ring.js';
import { wrap } from './wrap.js';

/** Has keys follow the ring of their store: what is sealed with a data key that they do not have makes them look. */
export function followRing(store: string, seal: SealKeys): void {
  followBy(seal, () => {
    const ring = presentRing(store, seal);
    const known = seal.dataKeys.map(({ number }) => number);
    // Data key 1 alone: nobody has added one.
    if (!isFirstRing(ring)) adopt(seal, dataKeysIn(store, ring, ringKeys(seal).wrap, known), ring.active);
  });
}

/**
 * Adds a data key to the ring, and to these keys, and makes it active; durably. The caller keeps others out who do the same.
 * @throws GristmillError STORE_BUSY, WRONG_KEY where the key was rotated; IO_ERROR, DISK_FULL
 */
export function addDataKey(store: string, seal: SealKeys): void {
  const ring = presentRing(store, seal);
  const number = Math.max(...ring.dataKeys.map((one) => one.number)) + 1;
  if (number > NUMBER_MAX) {
    throw new GristmillError('IO_ERROR', `the store ${store} has had ${NUMBER_MAX} data keys: make a new store`, {
      file: store,
    });
  }
  const dataKeys = [...seal.dataKeys, { number, key: randomBytes(KEY_BYTES) }];
  const wrapping = ringKeys(seal).wrap;
  const kept = isFirstRing(ring)
    ? seal.dataKeys.map((one) => ({ number: one.number, wrapped: wrap(one.key, wrapping, ring.storeId, one.number) }))
    : ring.dataKeys;
  const added = dataKeys.at(-1)!;
  const wrapped = [...kept, { number, wrapped: wrap(added.key, wrapping, ring.storeId, number) }];
  replaceRing(store, ring, writeChangedRing({ ...ring, active: number, dataKeys: wrapped }, ringKeys(seal)));
  adopt(seal, dataKeys, number);
}

/** Removes all data keys but the active one from the ring, durably. In memory they stay. @throws as `addDataKey` */
export function dropDataKeys(store: string, seal: SealKeys): void {
  const ring = presentRing(store, seal);
  const dataKeys = ring.dataKeys.filter(({ number }) => number === ring.active);
  replaceRing(store, ring, writeChangedRing({ ...ring, dataKeys }, ringKeys(seal)));
}

/** Whether a ring has data keys that are to go. */
export function isExchanging({ dataKeys }: Pick<StoredRing, 'dataKeys'>): boolean {
  return dataKeys.length > 1;
}

/** The ring as it is now, if the holder of the same key wrote it. */
function presentRing(store: string, seal: SealKeys): StoredRing {
  const ring = storedRing(store);
  if (ring === undefined) throw missingRing(store);
  const isSameStore = ring.storeId === Buffer.from(seal.storeId).toString('hex');
  if (isSameStore && isGenuine(ring, ringKeys(seal))) return ring;
  const message = `the key of the store ${store} was changed since this process opened it, and so was a data key: open the store again, with the new key`;
  throw new GristmillError('WRONG_KEY', message, { file: store });
}

function ringKeys({ ring }: SealKeys): RingKeys {
  if (ring === undefined) throw new TypeError('these keys were not opened from a ring');
  return ring;
}
