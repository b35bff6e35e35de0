// The option `encryption`: where the key of an encrypted store comes from.

import { isOptions } from './check.js';

const KEY_BYTES = 32;
const SOURCES = ['keyFile', 'key', 'passphrase', 'keyProvider'] as const;

/** What a key service is told of the key, as its encryption context. */
export interface KeyContext {
  /** The id of the store: 32 hexadecimal digits. */
  readonly storeId: string;
}

/**
 * A service that keeps a key of its own and never gives it away, such as a KMS. gristmill has it wrap the store's key once,
 * when the store is made or its key is rotated, and unwrap it each time that the store is opened.
 */
export interface KeyService {
  /** Encrypts a key of 32 bytes. @returns at most 4,096 bytes */
  wrap(key: Uint8Array, context: KeyContext): Promise<Uint8Array>;
  /** Decrypts what `wrap` returned. */
  unwrap(wrapped: Uint8Array, context: KeyContext): Promise<Uint8Array>;
}

/** Returns the key: 32 bytes. */
export type KeyCallback = (context: KeyContext) => Promise<Uint8Array> | Uint8Array;

/** Where the key of an encrypted store comes from: exactly one of these. */
export interface EncryptionOptions {
  /** A file with the key: 32 bytes, or 64 hexadecimal digits, or these bytes in base64. Nobody else may read it. */
  readonly keyFile?: string | undefined;
  /** The key itself: 32 bytes. It is copied. */
  readonly key?: Uint8Array | undefined;
  /** A passphrase, of which scrypt makes the key. */
  readonly passphrase?: string | undefined;
  /** A function that returns the key, or a service that wraps and unwraps it. */
  readonly keyProvider?: KeyCallback | KeyService | undefined;
}

/** @throws TypeError */
export function checkEncryption(method: string, given: unknown, name = 'encryption'): EncryptionOptions {
  const what = `${method}: options.${name}`;
  if (!isOptions(given)) throw new TypeError(`${what} must be an object`);
  const options = given as Record<string, unknown>;
  const set = Object.keys(options).filter((source) => options[source] !== undefined);
  for (const source of set) {
    if (!(SOURCES as readonly string[]).includes(source))
      throw new TypeError(`${what} has no ${source}; give one of ${SOURCES.join(', ')}`);
  }
  if (set.length !== 1) throw new TypeError(`${what} must have exactly one of ${SOURCES.join(', ')}`);
  const { keyFile, key, passphrase, keyProvider } = given as EncryptionOptions;
  if (keyFile !== undefined) checkPath(keyFile, `${what}.keyFile`);
  if (key !== undefined && !(key instanceof Uint8Array && key.byteLength === KEY_BYTES))
    throw new TypeError(`${what}.key must be a Uint8Array of ${KEY_BYTES} bytes`);
  if (passphrase !== undefined && (typeof passphrase !== 'string' || passphrase === ''))
    throw new TypeError(`${what}.passphrase must be a text that is not empty`);
  if (keyProvider !== undefined && typeof keyProvider !== 'function' && !isService(keyProvider))
    throw new TypeError(`${what}.keyProvider must be a function, or an object with the methods wrap and unwrap`);
  return given as EncryptionOptions;
}

/** @throws TypeError */
export function checkPath(path: unknown, name = 'it'): void {
  if (typeof path !== 'string' || path === '' || path.includes('\0'))
    throw new TypeError(`${name} must be the path of a file`);
}

function isService(provider: object): boolean {
  const { wrap, unwrap } = provider as Partial<KeyService>;
  return typeof wrap === 'function' && typeof unwrap === 'function';
}
