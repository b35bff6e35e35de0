// [reencrypt]: what it is asked to do.

import { REASON, type Reason } from '../../options/audit.js';
import { type OptionTable, type Resolved, resolveOptions } from '../../options/check.js';
import { checkEncryption, type EncryptionOptions } from '../../options/encryption.js';
import { WAITING, type WaitingOptions } from '../../options/shared.js';
import { CONVERT_OPTIONS, type DecryptOptions } from '../convert/options.js';

/** Options of `reencryptStore`. An unknown name is a TypeError. */
export interface ReencryptOptions extends DecryptOptions, Pick<WaitingOptions, 'wait' | 'onWait'>, Reason {
  /**
   * Makes the store anew while no process has it open, as `encryptStore` does: then the pseudonyms of keys and names, and the id
   * of the store, are others too. Default false: it works while others use the store. `keys` and `workers` need `closed`; with
   * `closed` there is no `wait`, `onWait` and `why`.
   */
  readonly closed?: boolean | undefined;
  /** How the keys of records are kept in the index from then on. Default: as before. Only with `closed`. */
  readonly keys?: 'hidden' | 'plaintext' | undefined;
}

const METHOD = 'reencryptStore';
const { keys: _, workers: __, ...SHARED } = CONVERT_OPTIONS;
const REENCRYPT_OPTIONS = { ...SHARED, ...WAITING, ...REASON } as const satisfies OptionTable;

type FilledOptions = Omit<Resolved<typeof REENCRYPT_OPTIONS>, 'encryption'> & {
  readonly encryption: EncryptionOptions;
};

/** @throws TypeError */
export function resolveReencryptOptions(given: ReencryptOptions): FilledOptions {
  for (const name of ['keys', 'workers'] as const) {
    if (given?.[name] !== undefined) throw new TypeError(`${METHOD}: options.${name} needs options.closed: true`);
  }
  const { closed: _, keys: __, workers: ___, ...options } = given;
  const resolved = resolveOptions(METHOD, REENCRYPT_OPTIONS, options) as Resolved<typeof REENCRYPT_OPTIONS>;
  return { ...resolved, encryption: checkEncryption(METHOD, resolved.encryption) };
}
