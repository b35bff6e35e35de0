// store at rest: [seal]
//
// The values of the index of an encrypted store, each sealed by AES-256-GCM and bound to its database and key
// (docs/format.md, Sealed index). Who writes has a key of its own, made of a random salt: so no nonce is used twice, whatever
// other writers do and whenever one is killed. A value that is not authentic is read as an empty one, which no value of the
// catalog is: whoever decodes it says which value is damaged.

import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { derive, purpose } from './derive.js';
import { NONCE_BYTES, openBytes, sealBytes, TAG_BYTES } from './gcm.js';
import type { SealKeys } from './types.js';

export const DATABASES = ['meta', 'pages', 'state', 'journal'] as const;
export type DatabaseName = (typeof DATABASES)[number];

const VERSION = 1;
const SALT_BYTES = 16;
const SALT_AT = 4;
const COUNTER_AT = SALT_AT + SALT_BYTES;
const HEAD_BYTES = COUNTER_AT + 8;
/** What sealing adds to a value. */
export const SEAL_BYTES = HEAD_BYTES + TAG_BYTES;
/** Values under one salt. */
const VALUES_MAX = 2 ** 32;
/** Keys of sessions that are kept. */
const SESSIONS_MAX = 512;
/** Values that are kept open, because they are asked for before each read: the header and manifests of collections. */
const KEPT_KINDS = 2;
const KEPT_MAX = 256;
const NAME_BYTES = 16;
const NAMES_MAX = 1024;

/** What is read in the place of a value that is not authentic. */
const NOT_AUTHENTIC = Buffer.alloc(0);

interface Session {
  readonly number: number;
  readonly salt: Buffer;
  readonly key: KeyObject;
  counter: number;
}

/** For one opened index in one thread. */
export class IndexSeal {
  readonly meta: DatabaseSeal;
  readonly pages: DatabaseSeal;
  readonly state: DatabaseSeal;
  readonly journal: DatabaseSeal;
  readonly #keys: SealKeys;
  readonly #sessions = new Map<string, KeyObject>();
  readonly #names = new Map<string, Buffer>();
  readonly #nameKey: Buffer;
  readonly #digestKey: Buffer;
  #session: Session | undefined;

  constructor(keys: SealKeys) {
    this.#keys = keys;
    const first = keys.dataKeys[0]!.key;
    this.#nameKey = derive(first, Buffer.alloc(0), purpose('gristmill names 1', keys.storeId));
    this.#digestKey = derive(first, Buffer.alloc(0), purpose('gristmill state 1', keys.storeId));
    [this.meta, this.pages, this.state, this.journal] = DATABASES.map((name) => new DatabaseSeal(this, name)) as [
      DatabaseSeal,
      DatabaseSeal,
      DatabaseSeal,
      DatabaseSeal,
    ];
  }

  /** What stands for the name of a collection in keys. */
  pseudonymOf(name: string): Buffer {
    let pseudonym = this.#names.get(name);
    if (pseudonym !== undefined) return pseudonym;
    if (this.#names.size === NAMES_MAX) this.#names.clear();
    pseudonym = createHmac('sha256', this.#nameKey).update(name).digest().subarray(0, NAME_BYTES);
    this.#names.set(name, pseudonym);
    return pseudonym;
  }

  /** A pseudorandom number of 256 bits for one value in its place: the digest of the state is the sum of these. */
  element(database: Buffer, key: Uint8Array, sealed: Uint8Array): Buffer {
    const hash = createHmac('sha256', this.#digestKey).update(database).update(key);
    return hash.update(sealed.subarray(-TAG_BYTES)).digest();
  }

  /** The session that seals next. */
  next(): Session {
    let session = this.#session;
    if (session === undefined || session.counter === VALUES_MAX) {
      const salt = randomBytes(SALT_BYTES);
      const { active } = this.#keys;
      session = { number: active, salt, key: this.keyOf(active, salt)!, counter: 0 };
      this.#session = session;
    }
    session.counter++;
    return session;
  }

  /** The key of a session. Undefined where there is no such data key. */
  keyOf(number: number, salt: Buffer): KeyObject | undefined {
    const id = `${number} ${salt.toString('latin1')}`;
    const known = this.#sessions.get(id);
    if (known !== undefined) return known;
    const dataKey = this.#keys.dataKeys.find((one) => one.number === number);
    if (dataKey === undefined) return undefined;
    const bytes = derive(dataKey.key, salt, purpose('gristmill index 1', this.#keys.storeId));
    const key = createSecretKey(bytes);
    bytes.fill(0);
    // The oldest goes: most values are of the newest sessions.
    if (this.#sessions.size === SESSIONS_MAX) this.#sessions.delete(this.#sessions.keys().next().value as string);
    this.#sessions.set(id, key);
    return key;
  }
}

/** For one database of the index. */
export class DatabaseSeal {
  readonly #index: IndexSeal;
  readonly #name: Buffer;
  readonly #keepsOpen: boolean;
  readonly #kept = new Map<string, { readonly sealed: Buffer; readonly value: Buffer }>();

  constructor(index: IndexSeal, name: DatabaseName) {
    this.#index = index;
    this.#name = Buffer.from(`${name}\0`);
    this.#keepsOpen = name === 'meta';
  }

  seal(key: Uint8Array, value: Uint8Array): Buffer {
    const { number, salt, key: sessionKey, counter } = this.#index.next();
    const sealed = Buffer.allocUnsafe(SEAL_BYTES + value.byteLength);
    sealed[0] = VERSION;
    sealed[1] = 0;
    sealed.writeUInt16LE(number, 2);
    sealed.set(salt, SALT_AT);
    sealed.writeBigUInt64LE(BigInt(counter), COUNTER_AT);
    const [ciphertext, tag] = sealBytes(sessionKey, nonceOf(sealed), this.#context(sealed, key), value);
    sealed.set(ciphertext, HEAD_BYTES);
    sealed.set(tag, HEAD_BYTES + value.byteLength);
    return sealed;
  }

  /** Returns the value; an empty one where it is not authentic. */
  open(key: Uint8Array, sealed: Buffer): Buffer {
    if (!this.#keepsOpen || key[0]! >= KEPT_KINDS) return this.#opened(key, sealed);
    const id = Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
    const kept = this.#kept.get(id);
    if (kept?.sealed.equals(sealed)) return kept.value;
    if (this.#kept.size === KEPT_MAX) this.#kept.clear();
    const value = this.#opened(key, sealed);
    this.#kept.set(id, { sealed, value });
    return value;
  }

  element(key: Uint8Array, sealed: Uint8Array): Buffer {
    return this.#index.element(this.#name, key, sealed);
  }

  #opened(key: Uint8Array, sealed: Buffer): Buffer {
    if (sealed.byteLength < SEAL_BYTES || sealed[0] !== VERSION || sealed[1] !== 0) return NOT_AUTHENTIC;
    const session = this.#index.keyOf(sealed.readUInt16LE(2), sealed.subarray(SALT_AT, COUNTER_AT));
    if (session === undefined) return NOT_AUTHENTIC;
    const context = this.#context(sealed, key);
    return openBytes(session, nonceOf(sealed), context, sealed.subarray(HEAD_BYTES)) ?? NOT_AUTHENTIC;
  }

  /** Version, data key and place of a value. */
  #context(sealed: Buffer, key: Uint8Array): Buffer {
    return Buffer.concat([sealed.subarray(0, SALT_AT), this.#name, key]);
  }
}

/** Zero bits, then the counter, as it stands in the value. */
function nonceOf(sealed: Buffer): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.set(sealed.subarray(COUNTER_AT, HEAD_BYTES), NONCE_BYTES - 8);
  return nonce;
}

/** Whether a value has the head of a sealed one. */
export function looksSealed(value: Uint8Array): boolean {
  return value.byteLength > SEAL_BYTES && value[0] === VERSION && value[1] === 0;
}
