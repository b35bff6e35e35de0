// store at rest: [seal]
//
// The values of the index of an encrypted store, each sealed by AES-256-GCM and bound to its database and key
// (docs/format.md, Sealed index). Who writes has a key of its own, made of a random salt: so no nonce is used twice, whatever
// other writers do and whenever one is killed. A value that is not authentic is read as an empty one, which no value of the
// catalog is: whoever decodes it says which value is damaged.

import { createHmac, randomBytes } from 'node:crypto';
import { dataKeyOf, numbersOf } from './data-keys.js';
import { derive, purpose } from './derive.js';
import { NONCE_BYTES, openInto, sealInto, TAG_BYTES } from './gcm.js';
import { Hmac } from './hmac.js';
import type { SealKeys } from './types.js';

export const DATABASES = ['meta', 'pages', 'state'] as const;
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
  readonly key: Buffer;
  counter: number;
}

/** For one opened index in one thread. */
export class IndexSeal {
  readonly meta: DatabaseSeal;
  readonly pages: DatabaseSeal;
  readonly state: DatabaseSeal;
  readonly #keys: SealKeys;
  readonly #sessions = new Map<string, Buffer>();
  /** Pseudonyms of the active data key. */
  readonly #names = new Map<string, Buffer>();
  #namesBy = 0;
  /** By purpose and data key. */
  readonly #derived = new Map<string, Buffer>();
  /** By data key, what digests are made with. */
  readonly #elements = new Map<number, Hmac>();
  #session: Session | undefined;

  constructor(keys: SealKeys) {
    this.#keys = keys;
    [this.meta, this.pages, this.state] = DATABASES.map((name) => new DatabaseSeal(this, name)) as [
      DatabaseSeal,
      DatabaseSeal,
      DatabaseSeal,
    ];
  }

  /** What stands for the name of a collection in keys. */
  pseudonymOf(name: string): Buffer {
    const { active } = this.#keys;
    if (this.#namesBy !== active || this.#names.size === NAMES_MAX) this.#names.clear();
    this.#namesBy = active;
    let pseudonym = this.#names.get(name);
    if (pseudonym === undefined) {
      pseudonym = this.#pseudonym(name, active);
      this.#names.set(name, pseudonym);
    }
    return pseudonym;
  }

  /** What stood for it with the other data keys. */
  olderPseudonymsOf(name: string): readonly Buffer[] {
    const [, ...others] = numbersOf(this.#keys);
    return others.map((number) => this.#pseudonym(name, number));
  }

  #pseudonym(name: string, number: number): Buffer {
    const key = this.#derivedOf('gristmill names 1', number) as Buffer;
    return createHmac('sha256', key).update(name).digest().subarray(0, NAME_BYTES);
  }

  /** A key for one purpose, of a data key. Undefined where there is no such data key. */
  #derivedOf(what: string, number: number): Buffer | undefined {
    const id = `${number} ${what}`;
    const known = this.#derived.get(id);
    if (known !== undefined) return known;
    const dataKey = dataKeyOf(this.#keys, number);
    if (dataKey === undefined) return undefined;
    const derived = derive(dataKey.key, Buffer.alloc(0), purpose(what, this.#keys.storeId));
    this.#derived.set(id, derived);
    return derived;
  }

  /**
   * A pseudorandom number of 256 bits for one value in its place: the digest of the state is the sum of these. It is made with
   * the data key of the value.
   * @param number of its data key, if `sealed` is its tag alone
   */
  element(database: Buffer, key: Uint8Array, sealed: Uint8Array, number = numberIn(sealed)): Buffer {
    // No value that is sound has another number; one that has does not open.
    const hmac = this.#elementsOf(number) ?? (this.#elementsOf(this.#keys.active) as Hmac);
    return hmac.of(database, key, sealed.subarray(-TAG_BYTES));
  }

  #elementsOf(number: number): Hmac | undefined {
    const known = this.#elements.get(number);
    if (known !== undefined) return known;
    const key = this.#derivedOf('gristmill state 1', number);
    if (key === undefined) return undefined;
    const hmac = new Hmac(key);
    this.#elements.set(number, hmac);
    return hmac;
  }

  /** The number of the data key, where there is one only. */
  get onlyKey(): number | undefined {
    const [first, ...others] = this.#keys.dataKeys;
    return others.length === 0 ? first?.number : undefined;
  }

  /** Whether a value is sealed with a data key that is not the active one. */
  isStale(sealed: Uint8Array): boolean {
    return numberIn(sealed) !== this.#keys.active;
  }

  /** The session that seals next. */
  next(): Session {
    let session = this.#session;
    const { active } = this.#keys;
    if (session === undefined || session.number !== active || session.counter === VALUES_MAX) {
      const salt = randomBytes(SALT_BYTES);
      session = { number: active, salt, key: this.keyOf(active, salt)!, counter: 0 };
      this.#session = session;
    }
    session.counter++;
    return session;
  }

  /** The key of a session. Undefined where there is no such data key. */
  keyOf(number: number, salt: Buffer): Buffer | undefined {
    const id = `${number} ${salt.toString('latin1')}`;
    const known = this.#sessions.get(id);
    if (known !== undefined) return known;
    const dataKey = dataKeyOf(this.#keys, number);
    if (dataKey === undefined) return undefined;
    const key = derive(dataKey.key, salt, purpose('gristmill index 1', this.#keys.storeId));
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
    sealInto(sessionKey, nonceOf(sealed), this.#context(sealed, key), value, sealed.subarray(HEAD_BYTES));
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

  /** See `IndexSeal.element`. */
  element(key: Uint8Array, sealed: Uint8Array, number?: number): Buffer {
    return this.#index.element(this.#name, key, sealed, number);
  }

  #opened(key: Uint8Array, sealed: Buffer): Buffer {
    if (sealed.byteLength < SEAL_BYTES || sealed[0] !== VERSION || sealed[1] !== 0) return NOT_AUTHENTIC;
    const session = this.#index.keyOf(sealed.readUInt16LE(2), sealed.subarray(SALT_AT, COUNTER_AT));
    if (session === undefined) return NOT_AUTHENTIC;
    const context = this.#context(sealed, key);
    const value = Buffer.allocUnsafe(sealed.byteLength - SEAL_BYTES);
    const isAuthentic = openInto(session, nonceOf(sealed), context, sealed.subarray(HEAD_BYTES), value);
    return isAuthentic ? value : NOT_AUTHENTIC;
  }

  /** Version, data key and place of a value. */
  #context(sealed: Buffer, key: Uint8Array): Buffer {
    const nameEnd = SALT_AT + this.#name.byteLength;
    const context = Buffer.allocUnsafe(nameEnd + key.byteLength);
    sealed.copy(context, 0, 0, SALT_AT);
    context.set(this.#name, SALT_AT);
    context.set(key, nameEnd);
    return context;
  }
}

/** The number of the data key that a value is sealed with. */
function numberIn(sealed: Uint8Array): number {
  return (sealed[2] ?? 0) | ((sealed[3] ?? 0) << 8);
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
