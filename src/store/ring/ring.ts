// store at rest: [ring]
//
// The key ring of an encrypted store: its data keys, each wrapped by the key-encryption key. It is written beside and put in
// place in one step, so that there is always a whole one.

import { randomBytes, randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { GristmillError } from '../../base/errors.js';
import { failpoint } from '../../base/failpoints.js';
import { giveText, withholdText } from '../../base/snippet.js';
import { ioError, quietly } from '../../base/system-errors.js';
import type { EncryptionOptions } from '../../options/encryption.js';
import { syncDirectory, writeFully } from '../files/io.js';
import { isUnfinishedRing, KEY_RING_FILE } from '../files/layout.js';
import { openRegular } from '../files/own-files.js';
import { dataKeyOf } from '../seal/data-keys.js';
import { KEY_BYTES, STORE_ID_BYTES } from '../seal/derive.js';
import { forgetLastKey } from '../seal/gcm.js';
import { forgetSecrets } from '../seal/hidden-keys.js';
import type { DataKey, KeysAtRest, SealKeys } from '../seal/types.js';
import { forgetFileKeys } from '../sealed/chunks.js';
import {
  isFirstRing,
  isGenuine,
  isKeyOf,
  NewerRing,
  type Ring,
  readRing,
  ringKeysOf,
  type StoredRing,
  writeRing,
} from './format.js';
import { kekOf, newKek, sourceFor } from './kek.js';
import { unwrap, wrap } from './wrap.js';

const RING_BYTES_MAX = 16 * 1024 * 1024;

/** The ring of a store as it is on disk. Undefined where there is none: the store is plain. @throws GristmillError KEY_RING_DAMAGED, STORE_TOO_NEW, IO_ERROR */
export function storedRing(store: string): StoredRing | undefined {
  const path = ringPath(store);
  let text: string;
  try {
    text = readText(path);
  } catch (cause) {
    if (((cause as GristmillError).cause as NodeJS.ErrnoException)?.code === 'ENOENT') return undefined;
    throw cause;
  }
  try {
    return readRing(text);
  } catch (error) {
    if (!(error instanceof NewerRing)) throw damagedRing(path, (error as Error).message);
    const message = `the key ring ${path} has version ${error.version}, which this gristmill does not know: upgrade gristmill`;
    throw new GristmillError('STORE_TOO_NEW', message, { file: path });
  }
}

/** Opens a ring. @throws GristmillError WRONG_KEY, KEY_RING_DAMAGED, KEY_FILE_REFUSED, KEY_SERVICE_FAILED, IO_ERROR */
export async function openRing(store: string, ring: StoredRing, source: EncryptionOptions): Promise<SealKeys> {
  return withKek(store, ring, source, async (kek) => unwrapped(store, ring, kek));
}

/**
 * Makes the ring of a new store, durably.
 * @returns false where another process was faster: its ring is there
 * @throws GristmillError KEY_FILE_REFUSED, KEY_SERVICE_FAILED, IO_ERROR, DISK_FULL
 */
export async function createRing(store: string, source: EncryptionOptions, keys: KeysAtRest): Promise<boolean> {
  const storeId = randomBytes(STORE_ID_BYTES).toString('hex');
  const { kek, rule } = await newKek(source, storeId);
  const key = randomBytes(KEY_BYTES);
  try {
    const dataKeys = [{ number: 1, wrapped: wrap(key, kek, storeId, 1) }];
    const text = writeRing({ storeId, keys, kek: rule, active: 1, dataKeys }, kek);
    return put(store, text, (made, path) => {
      try {
        linkSync(made, path);
        return true;
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw cause;
      }
    });
  } finally {
    kek.fill(0);
    key.fill(0);
  }
}

/**
 * Wraps data keys by another key-encryption key. @returns the text of the new ring
 * @throws GristmillError KEY_FILE_REFUSED, KEY_SERVICE_FAILED, IO_ERROR
 */
export async function rewrapped(ring: StoredRing, seal: SealKeys, to: EncryptionOptions): Promise<string> {
  const { storeId } = ring;
  const { kek, rule } = await newKek(to, storeId);
  try {
    const wrapping = isFirstRing(ring) ? kek : ringKeysOf(ring, kek).wrap;
    // A data key that is gone from the ring may still be in memory.
    const dataKeys = ring.dataKeys.map(({ number }) => {
      const { key } = dataKeyOf(seal, number) as DataKey;
      return { number, wrapped: wrap(key, wrapping, storeId, number) };
    });
    return writeRing({ ...ring, kek: rule, dataKeys }, kek);
  } finally {
    kek.fill(0);
  }
}

/**
 * Puts a ring in the place of another one, durably. The caller keeps others out who do the same.
 * @throws GristmillError STORE_BUSY where another ring is there by now; IO_ERROR, DISK_FULL
 */
export function replaceRing(store: string, old: StoredRing, text: string): void {
  if (storedRing(store)?.mac !== old.mac) {
    const message = `another process rotated the key of ${store} at the same time: nothing was changed; look which key is the right one`;
    throw new GristmillError('STORE_BUSY', message, { file: store });
  }
  put(store, text, (made, path) => {
    renameSync(made, path);
    return true;
  });
  // The keys in what a killed rotation left would still open the store.
  for (const name of readdirSync(store).filter(isUnfinishedRing)) rmSync(join(store, name), { force: true });
  syncDirectory(store);
}

/** Gives a copy of a store its ring. @returns whether the store still has the same @throws GristmillError IO_ERROR, DISK_FULL */
export function copyRing(store: string, copy: string): () => boolean {
  const text = readText(ringPath(store));
  put(copy, text, (made, path) => {
    renameSync(made, path);
    return true;
  });
  return () => readText(ringPath(store)) === text;
}

/** Zeroes the keys. Nothing may use them any more. */
export function forget(seal: SealKeys): void {
  giveText(seal);
  forgetSecrets(seal);
  forgetFileKeys();
  forgetLastKey();
  for (const { key } of seal.dataKeys) key.fill(0);
  for (const key of seal.ring === undefined ? [] : [seal.ring.wrap, seal.ring.mac]) key.fill(0);
}

/** Whether a store has a ring, sound or not. */
export function hasRing(store: string): boolean {
  return existsSync(ringPath(store));
}

/** The id of the store, as its ring says; undefined where there is none that is sound. */
export function ringId(store: string): string | undefined {
  try {
    return storedRing(store)?.storeId;
  } catch {
    return undefined;
  }
}

export function ringPath(store: string): string {
  return join(store, KEY_RING_FILE);
}

/** @throws what the store's user has to know who gave no key for it */
export function keyNeeded(store: string, ring: Ring): GristmillError {
  const how =
    ring.kek.kind === 'scrypt'
      ? 'give its passphrase as encryption.passphrase (the command line asks for it in a terminal)'
      : ring.kek.kind === 'raw'
        ? 'give its key with option encryption, or set the variable GRISTMILL_KEY_FILE'
        : 'give its key service as encryption.keyProvider';
  return new GristmillError('KEY_NEEDED', `the store ${store} is encrypted: ${how}`, { file: store });
}

/** Of a store whose index is encrypted. */
export function missingRing(store: string): GristmillError {
  return damagedRing(ringPath(store), 'it is missing, but the index is encrypted');
}

export function encryptedAlready(store: string): GristmillError {
  return new GristmillError('STORE_EXISTS', `the store ${store} is encrypted already`, { file: store });
}

export function notEncrypted(store: string): GristmillError {
  const message = `a key was given for the store ${store}, but it is not encrypted: leave out the key, or check that this is the right store`;
  return new GristmillError('NOT_ENCRYPTED', message, { file: store });
}

function readText(path: string): string {
  const { fd, size } = openRegular(path, 'key ring');
  try {
    if (size > RING_BYTES_MAX) throw damagedRing(path, 'it is too large');
    return readFileSync(fd, 'latin1');
  } catch (cause) {
    throw ioError(cause, 'read the key ring', path);
  } finally {
    closeSync(fd);
  }
}

async function withKek<T>(
  store: string,
  ring: StoredRing,
  source: EncryptionOptions,
  work: (kek: Buffer) => Promise<T>,
): Promise<T> {
  const path = ringPath(store);
  const kek = await kekOf(source, ring.kek, ring.storeId);
  if (kek === undefined) {
    const message = `the store ${store} cannot be opened with this kind of key: give ${sourceFor(ring.kek)}`;
    throw new GristmillError('WRONG_KEY', message, { file: store });
  }
  try {
    if (!isKeyOf(ring, kek)) {
      const message = `this is not the key of the store ${store}; nothing was read or changed: give ${sourceFor(ring.kek)}`;
      throw new GristmillError('WRONG_KEY', message, { file: store });
    }
    if (!isGenuine(ring, ringKeysOf(ring, kek)))
      throw damagedRing(path, 'it was changed by somebody who does not have the key');
    return await work(kek);
  } finally {
    kek.fill(0);
  }
}

function unwrapped(store: string, ring: StoredRing, kek: Buffer): SealKeys {
  const keys = ringKeysOf(ring, kek);
  const dataKeys = dataKeysIn(store, ring, isFirstRing(ring) ? kek : keys.wrap);
  const storeId = Buffer.from(ring.storeId, 'hex');
  const seal = { storeId, keys: ring.keys, active: ring.active, dataKeys, ring: keys };
  withholdText(seal);
  return seal;
}

/** The data keys of a ring. @param but numbers of those that are not wanted @throws GristmillError KEY_RING_DAMAGED */
export function dataKeysIn(
  store: string,
  ring: StoredRing,
  wrapping: Uint8Array,
  but: readonly number[] = [],
): readonly DataKey[] {
  const wanted = ring.dataKeys.filter(({ number }) => !but.includes(number));
  return wanted.map(({ number, wrapped }) => {
    const key = unwrap(Buffer.from(wrapped, 'hex'), wrapping, ring.storeId, number);
    if (key === undefined) throw damagedRing(ringPath(store), `its data key ${number} is not sound`);
    return { number, key };
  });
}

/** Writes a ring beside, makes it durable, and puts it in place. @returns what `place` returns */
function put(store: string, text: string, place: (made: string, path: string) => boolean): boolean {
  const path = ringPath(store);
  const made = join(dirname(path), `${KEY_RING_FILE}.${randomUUID()}.new`);
  try {
    const fd = openSync(made, 'wx', 0o600);
    try {
      failpoint('keys.write');
      writeFully(fd, Buffer.from(text), made);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    failpoint('keys.written');
    const isPlaced = place(made, path);
    failpoint('keys.placed');
    syncDirectory(store);
    return isPlaced;
  } catch (cause) {
    throw ioError(cause, 'write the key ring', path);
  } finally {
    quietly(() => rmSync(made, { force: true }));
  }
}

export function damagedRing(path: string, why: string): GristmillError {
  const message = `the key ring ${path} is damaged: ${why}; restore it from a backup of the store: without it nothing in the store can be read`;
  return new GristmillError('KEY_RING_DAMAGED', message, { file: path });
}
