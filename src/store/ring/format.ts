// store at rest: [ring]
//
// The key ring of an encrypted store as text (docs/format.md, Key ring). It has one form: a text that is not, byte for byte,
// what its content is written as is damaged. `sum` tells damage from a wrong key; `mac` tells what the holder of the key has
// written.

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { derive } from '../seal/derive.js';
import type { KeysAtRest, RingKeys } from '../seal/types.js';

/** How the key-encryption key comes about; bytes are in hexadecimal digits. */
export type KekRule =
  | { readonly kind: 'raw' }
  | { readonly kind: 'scrypt'; readonly n: number; readonly r: number; readonly p: number; readonly salt: string }
  | { readonly kind: 'service'; readonly wrapped: string };

export interface WrappedKey {
  readonly number: number;
  /** Nonce, ciphertext and tag of AES-256-GCM. */
  readonly wrapped: string;
}

export interface Ring {
  readonly storeId: string;
  readonly keys: KeysAtRest;
  readonly kek: KekRule;
  readonly active: number;
  readonly dataKeys: readonly WrappedKey[];
}

/** A ring as it is in its file. */
export interface StoredRing extends Ring {
  /** What a key-encryption key is known by. */
  readonly check: string;
  readonly mac: string;
}

const FORMAT = 'gristmill keys';
/** The newest one. A ring has version 1 as long as data key 1 is its only one. */
const VERSION = 2;
export const NUMBER_MAX = 0xffff;
/** The dearest scrypt that is computed for a ring: 1 GiB of memory. */
const SCRYPT_BYTES_MAX = 2 ** 30;
const WRAPPED_KEY = /^[0-9a-f]{120}$/;
const HEX_16 = /^[0-9a-f]{32}$/;
const HEX_32 = /^[0-9a-f]{64}$/;
const HEX_LONG = /^(?:[0-9a-f]{2}){1,4096}$/;

/** The text of a ring, under this key-encryption key. */
export function writeRing(ring: Ring, kek: Uint8Array): string {
  return textOf({ ...ring, check: checkOf(ring, kek), mac: macOf(ring, ringKeysOf(ring, kek)) });
}

/** The text of a ring with other data keys, for the same key-encryption key. */
export function writeChangedRing(ring: StoredRing, keys: RingKeys): string {
  return textOf({ ...ring, mac: macOf(ring, keys) });
}

/** Made of the key-encryption key, to follow and to change the ring without it. */
export function ringKeysOf({ storeId }: Pick<Ring, 'storeId'>, kek: Uint8Array): RingKeys {
  const salt = Buffer.from(storeId, 'hex');
  return { wrap: derive(kek, salt, 'gristmill data keys 2'), mac: derive(kek, salt, 'gristmill key ring 1') };
}

/** Whether data key 1 is the only one: then the key-encryption key itself wraps it. */
export function isFirstRing({ dataKeys }: { readonly dataKeys: readonly { readonly number: number }[] }): boolean {
  return dataKeys.length === 1 && dataKeys[0]?.number === 1;
}

/** @throws Error that says what is wrong, as the end of a sentence */
export function readRing(text: string): StoredRing {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('it is not JSON');
  }
  if (value?.format !== FORMAT) throw new Error('it is not a key ring');
  if (typeof value.version === 'number' && value.version > VERSION) throw new NewerRing(value.version);
  const ring = value as unknown as StoredRing;
  if (!isWellFormed(ring) || textOf(ring) !== text) throw new Error('it is not as gristmill wrote it');
  return ring;
}

/** Of a gristmill that is newer. */
export class NewerRing extends Error {
  constructor(readonly version: number) {
    super(`it has version ${version}`);
  }
}

/** Whether the ring was made for this key. */
export function isKeyOf(ring: StoredRing, kek: Uint8Array): boolean {
  return isSame(ring.check, checkOf(ring, kek));
}

/** Whether the holder of the key wrote the ring. */
export function isGenuine(ring: StoredRing, keys: RingKeys): boolean {
  return isSame(ring.mac, macOf(ring, keys));
}

function isSame(left: string, right: string): boolean {
  return left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right));
}

/** With its members in one order, and nothing else. */
function contentOf({ storeId, keys, kek, active, dataKeys }: Ring): object {
  const rule =
    kek.kind === 'raw'
      ? { kind: kek.kind }
      : kek.kind === 'scrypt'
        ? { kind: kek.kind, n: kek.n, r: kek.r, p: kek.p, salt: kek.salt }
        : { kind: kek.kind, wrapped: kek.wrapped };
  const wrapped = dataKeys.map((one) => ({ number: one.number, wrapped: one.wrapped }));
  const version = isFirstRing({ dataKeys }) ? 1 : VERSION;
  return { format: FORMAT, version, storeId, keys, kek: rule, active, dataKeys: wrapped };
}

function textOf(ring: StoredRing): string {
  const signed = { ...contentOf(ring), check: ring.check, mac: ring.mac };
  const sum = createHash('sha256').update(JSON.stringify(signed)).digest('hex');
  return `${JSON.stringify({ ...signed, sum }, undefined, 2)}\n`;
}

function checkOf({ storeId }: Ring, kek: Uint8Array): string {
  return hmac(derive(kek, Buffer.from(storeId, 'hex'), 'gristmill key check 1'), storeId);
}

function macOf(ring: Ring, { mac }: RingKeys): string {
  return hmac(mac, JSON.stringify(contentOf(ring)));
}

function hmac(key: Uint8Array, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex');
}

function isWellFormed({ storeId, keys, kek, active, dataKeys, check, mac }: StoredRing): boolean {
  const isRing = matches(storeId, HEX_16) && (keys === 'hidden' || keys === 'plaintext') && isRule(kek);
  const isSigned = matches(check, HEX_32) && matches(mac, HEX_32);
  if (!isRing || !isSigned || !Array.isArray(dataKeys)) return false;
  const numbers = dataKeys.map((one) => one?.number);
  const areKeys = dataKeys.every((one) => matches(one?.wrapped, WRAPPED_KEY));
  const isNumber = (number: unknown) =>
    Number.isInteger(number) && (number as number) >= 1 && (number as number) <= NUMBER_MAX;
  const ascend = numbers.every((number, i) => isNumber(number) && (i === 0 || number > numbers[i - 1]!));
  return areKeys && ascend && numbers.includes(active);
}

function isRule(kek: KekRule): boolean {
  if (kek?.kind === 'raw') return true;
  if (kek?.kind === 'service') return matches(kek.wrapped, HEX_LONG);
  if (kek?.kind !== 'scrypt' || !matches(kek.salt, HEX_32)) return false;
  const { n, r, p } = kek;
  const areNumbers = [n, r, p].every((one) => Number.isSafeInteger(one) && one >= 1);
  return areNumbers && n > 1 && Number.isInteger(Math.log2(n)) && 128 * n * r * p <= SCRYPT_BYTES_MAX;
}

function matches(text: unknown, form: RegExp): boolean {
  return typeof text === 'string' && form.test(text);
}
