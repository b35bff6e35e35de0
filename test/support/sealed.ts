// Keys for stores that tests encrypt.

import { randomBytes } from 'node:crypto';
import type { KeysAtRest, SealKeys } from '../../src/store/seal/types.js';

/** A key ring that no other test has. */
export function newSealKeys(keys: KeysAtRest = 'plaintext'): SealKeys {
  return { storeId: randomBytes(16), keys, active: 1, dataKeys: [{ number: 1, key: randomBytes(32) }] };
}
