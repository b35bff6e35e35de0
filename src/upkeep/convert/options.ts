// [convert]: what an encryption or decryption is asked to do, what it tells, what it reports.

import { any, hook, type OptionTable, type Resolved, resolveOptions } from '../../options/check.js';
import { checkEncryption, type EncryptionOptions } from '../../options/encryption.js';
import { LONG_WORK, THREADS, TRUST } from '../../options/shared.js';
import { STORE_OPTIONS } from '../../options/store.js';
import type { ConversionKind } from '../../store/files/layout.js';

/** Options of `decryptStore`. An unknown name is a TypeError. */
export interface DecryptOptions {
  /** Where the key of the store comes from, as in `openStore`. */
  readonly encryption: EncryptionOptions;
  /** The number of worker threads. Default: the processors this process may use. */
  readonly workers?: number | undefined;
  /** Called with the progress about ten times a second. An error that it throws is not caught. */
  readonly onProgress?: ((progress: ConvertProgress) => void) | undefined;
  /**
   * Cancels the work: it rejects with CANCELLED, and the store is as it was. It has no effect once the new index is being put in
   * place.
   */
  readonly signal?: AbortSignal | undefined;
  /** The id of a user whose stores are trusted, in addition to your own and those of root. Default: none. */
  readonly trustOwner?: number | undefined;
  /** Whether to convert a store that its group can write to, or that is behind a symbolic link. Default false. */
  readonly trustShared?: boolean | undefined;
}

/** Options of `encryptStore`. An unknown name is a TypeError. */
export interface EncryptOptions extends DecryptOptions {
  /** How the keys of records are kept in the index: "hidden" or "plaintext" (docs/security.md). Default "hidden". */
  readonly keys?: 'hidden' | 'plaintext' | undefined;
}

/** The progress of an encryption or decryption. */
export interface ConvertProgress {
  readonly stage: 'encrypt' | 'decrypt' | 'reencrypt' | 'done';
  /** Bytes of shard files read so far. Where indexes are made anew, each is read twice. */
  readonly bytes: number;
  /** Bytes in total. */
  readonly bytesTotal: number;
  /** Records read so far. */
  readonly records: number;
  /** Seconds since the work began. */
  readonly seconds: number;
}

/** The result of an encryption or decryption. */
export interface ConvertReport {
  /** The collections, with the number of records of each. */
  readonly collections: readonly { readonly name: string; readonly records: number }[];
  /** Shard files that were written, and those that an earlier, interrupted try had written already. */
  readonly files: { readonly written: number; readonly kept: number };
  /** Imports that could have been resumed. They have to begin anew. */
  readonly dropped: number;
  /** Names in the directory of the store that gristmill did not touch, such as an index that a repair has kept. */
  readonly untouched: readonly string[];
  /** Seconds that it took. */
  readonly seconds: number;
}

export const CONVERT_OPTIONS = {
  ...THREADS,
  ...TRUST,
  ...LONG_WORK,
  keys: { ...STORE_OPTIONS.keys, default: undefined },
  onProgress: hook<(progress: ConvertProgress) => void>('called about ten times a second'),
  encryption: any<EncryptionOptions>('where the key comes from'),
} as const satisfies OptionTable;

type ConvertOptions = Omit<Resolved<typeof CONVERT_OPTIONS>, 'encryption'> & { readonly encryption: EncryptionOptions };

/** @throws TypeError */
export function resolveConvertOptions(kind: ConversionKind, given: EncryptOptions): ConvertOptions {
  const method = `${kind}Store`;
  const { keys: _, ...decryption } = CONVERT_OPTIONS;
  const table: OptionTable = kind === 'decrypt' ? decryption : CONVERT_OPTIONS;
  const options = resolveOptions(method, table, given) as Resolved<typeof CONVERT_OPTIONS>;
  return { ...options, encryption: checkEncryption(method, options.encryption) };
}
