// Encrypted stores of tests, and what must not be seen in their files.

import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openStore, type Store, type StoreOptions } from '../../dist/src/index.js';
import type { KeysAtRest, SealKeys } from '../../src/store/seal/types.js';
import { scratch } from './import-files.js';

/** A key ring that no other test has. */
export function newSealKeys(keys: KeysAtRest = 'plaintext'): SealKeys {
  return { storeId: randomBytes(16), keys, active: 1, dataKeys: [{ number: 1, key: randomBytes(32) }] };
}

/** The same as JSON, for a process of its own. */
export function sealAsText({ storeId, keys, active, dataKeys }: SealKeys) {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  return {
    storeId: hex(storeId),
    keys,
    active,
    dataKeys: dataKeys.map(({ number, key }) => ({ number, key: hex(key) })),
  };
}

export const KEY = Buffer.alloc(32, 7);
export const ENCRYPTED: StoreOptions = { encryption: { key: KEY }, keys: 'plaintext' };

/** A new store, closed and removed after the test. */
export async function newStore(
  options: StoreOptions = ENCRYPTED,
  directory = join(scratch(), 'store'),
): Promise<Store> {
  const store = await openStore(directory, options);
  onTestFinished(() => store.close());
  return store;
}

/** Files of a store, outside of its index, that have one of these words in them or in their names. */
export function seenIn(directory: string, words: readonly string[]): string[] {
  return Object.entries(filesBesideIndex(directory)).flatMap(([path, bytes]) => {
    const name = path.slice(directory.length);
    return words.filter((word) => name.includes(word) || bytes.includes(word)).map((word) => `${name}: ${word}`);
  });
}

/** What is in a directory of a store at this moment; files may go while it is looked at. */
export function filesBesideIndex(directory: string): Record<string, Buffer> {
  const found: Record<string, Buffer> = {};
  const walk = (path: string): void => {
    for (const name of readdirSync(path)) {
      const inside = join(path, name);
      try {
        if (!lstatSync(inside).isDirectory()) found[inside] = readFileSync(inside);
        else if (!/^index/.test(name) || path !== directory) walk(inside);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  };
  try {
    walk(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return found;
}
