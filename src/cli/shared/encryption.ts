// Where a command has the key of an encrypted store from: a key file, or a passphrase that is asked for at the terminal. A
// passphrase is never taken from an argument or a variable, which others can see.

import type { EncryptionOptions } from '../../options/encryption.js';
import { storedRing } from '../../store/ring/ring.js';
import { escapeControls } from '../terminal/escape.js';
import { askPassphrase } from '../terminal/passphrase.js';

/** Asks for the passphrase of a store; undefined where it has another kind of key. */
export async function passphraseOf(store: string): Promise<EncryptionOptions | undefined> {
  if (storedRing(store)?.kek.kind !== 'scrypt') return undefined;
  return { passphrase: await askPassphrase(`passphrase of ${escapeControls(store)}: `) };
}

/** The key of a store that is made: the one that file or variable names, or a passphrase that is asked for twice. */
export async function newEncryption(config: false | string | undefined): Promise<EncryptionOptions> {
  const { effectiveOptions } = await import('../../config/effective.js');
  const { encryption } = await effectiveOptions({ config });
  return encryption ?? newPassphrase();
}

/** Asks for a new passphrase, twice. @throws TypeError where the two differ */
export async function newPassphrase(): Promise<EncryptionOptions> {
  const passphrase = await askPassphrase('new passphrase: ');
  if ((await askPassphrase('the same again: ')) === passphrase) return { passphrase };
  throw new TypeError('the two passphrases differ: nothing was changed');
}
