// store at rest: [ring]
//
// The key-encryption key of a store, from where its user keeps it. It is in memory only while a key ring is read or
// written, and zeroed then.

import { randomBytes, scrypt } from 'node:crypto';
import { GristmillError } from '../../base/errors.js';
import type { EncryptionOptions, KeyService } from '../../options/encryption.js';
import { KEY_BYTES } from '../seal/derive.js';
import type { KekRule } from './format.js';
import { readKeyFile } from './key-file.js';

/** OWASP's advice for scrypt: 128 MiB of memory, some tenths of a second. */
const SCRYPT = { n: 2 ** 17, r: 8, p: 1 } as const;
const SALT_BYTES = 32;
const WRAPPED_BYTES_MAX = 4096;

export interface NewKek {
  readonly kek: Buffer;
  readonly rule: KekRule;
}

/** A key-encryption key for a ring that is to be written. @throws GristmillError KEY_FILE_REFUSED, KEY_SERVICE_FAILED, IO_ERROR */
export async function newKek(source: EncryptionOptions, storeId: string): Promise<NewKek> {
  if (source.passphrase !== undefined) {
    const rule = { kind: 'scrypt', ...SCRYPT, salt: randomBytes(SALT_BYTES).toString('hex') } as const;
    return { kek: await stretched(source.passphrase, rule), rule };
  }
  const service = serviceIn(source);
  if (service === undefined) return { kek: await rawKek(source, storeId), rule: { kind: 'raw' } };
  const kek = randomBytes(KEY_BYTES);
  const wrapped = await asked('wrap', async () => {
    const bytes = await service.wrap(Buffer.from(kek), { storeId });
    if (bytes instanceof Uint8Array && bytes.byteLength > 0 && bytes.byteLength <= WRAPPED_BYTES_MAX) return bytes;
    throw new TypeError(`it must return 1 to ${WRAPPED_BYTES_MAX} bytes`);
  });
  return { kek, rule: { kind: 'service', wrapped: Buffer.from(wrapped).toString('hex') } };
}

/** The key-encryption key of a ring. Undefined where this kind of source is not the ring's: its key cannot be the right one. */
export async function kekOf(source: EncryptionOptions, rule: KekRule, storeId: string): Promise<Buffer | undefined> {
  if (rule.kind === 'scrypt') return source.passphrase === undefined ? undefined : stretched(source.passphrase, rule);
  const service = serviceIn(source);
  if (rule.kind === 'raw')
    return source.passphrase !== undefined || service !== undefined ? undefined : rawKek(source, storeId);
  if (service === undefined) return undefined;
  const wrapped = Buffer.from(rule.wrapped, 'hex');
  return asked('unwrap', async () => copyOf(await service.unwrap(wrapped, { storeId })));
}

/** What opens a ring of this kind, for an error. */
export function sourceFor({ kind }: KekRule): string {
  if (kind === 'scrypt') return 'its passphrase';
  return kind === 'raw' ? 'its key (a key file, or the key itself)' : 'the key service that wrapped its key';
}

async function rawKek({ keyFile, key, keyProvider }: EncryptionOptions, storeId: string): Promise<Buffer> {
  if (keyFile !== undefined) return readKeyFile(keyFile);
  if (key !== undefined) return Buffer.from(key);
  const callback = keyProvider as Exclude<EncryptionOptions['keyProvider'], KeyService | undefined>;
  return asked('function', async () => copyOf(await callback({ storeId })));
}

function serviceIn({ keyProvider }: EncryptionOptions): KeyService | undefined {
  return typeof keyProvider === 'object' ? keyProvider : undefined;
}

function copyOf(key: unknown): Buffer {
  if (key instanceof Uint8Array && key.byteLength === KEY_BYTES) return Buffer.from(key);
  throw new TypeError(`it must return ${KEY_BYTES} bytes`);
}

/** Asks code of the user's. Its message stays out of ours: nobody knows what is in it. */
async function asked<T>(what: 'wrap' | 'unwrap' | 'function', ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    const name = what === 'function' ? 'the function' : `method ${what}`;
    const message = `${name} of encryption.keyProvider failed: its error is the cause of this one`;
    throw new GristmillError('KEY_SERVICE_FAILED', message, { cause });
  }
}

function stretched(passphrase: string, { n, r, p, salt }: Extract<KekRule, { kind: 'scrypt' }>): Promise<Buffer> {
  const options = { N: n, r, p, maxmem: 256 * n * r };
  // One text, however a keyboard composes its letters.
  const text = passphrase.normalize('NFKC');
  return new Promise((resolve, reject) => {
    scrypt(text, Buffer.from(salt, 'hex'), KEY_BYTES, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
