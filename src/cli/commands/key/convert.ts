// gristmill encrypt, decrypt, key reencrypt: make an encrypted store of a plain one, the other way round, and one with new keys.

import type { Command } from 'commander';
import type { ConvertReport, EncryptionOptions, Writer } from '../../../index.js';
import { describeHolder } from '../../../store/lock/lock-holder.js';
import { type CommonOptions, readInteger, withCommonOptions } from '../../shared/arguments.js';
import { newEncryption, passphraseOf } from '../../shared/encryption.js';
import { interruptible } from '../../shared/interrupt.js';
import { type ReasonFlags, withReason } from '../../shared/reason.js';
import { type StoreFlags, storeOptionsIn, withStoreFlags } from '../../shared/store-flags.js';
import { note } from '../../terminal/diagnostics.js';
import { escapeControls, jsonLine } from '../../terminal/escape.js';
import { progressView } from '../../terminal/progress.js';
import { print } from '../../terminal/streams.js';
import { formatCount } from '../../terminal/table.js';

interface ConvertFlags extends CommonOptions, StoreFlags, ReasonFlags {
  readonly workers?: number;
  readonly quiet?: boolean;
  /** Of reencrypt. */
  readonly closed?: boolean;
  readonly wait?: boolean;
}

type Kind = 'encrypt' | 'decrypt' | 'reencrypt';

const HELP: Readonly<Record<Kind, string>> = {
  encrypt: `
Examples:
  gristmill encrypt --store ./store --key-file store.key
  gristmill encrypt --store ./store --keys plaintext

No other process may have the store open. Without --key-file, encrypt asks for a passphrase. The disk has to hold the plain
and the encrypted files for a while; then the plain ones are removed. After Ctrl-C or a crash the store is what it was, or
encrypted; the same command continues. A disk may keep removed bytes: docs/security.md.`,
  decrypt: `
Examples:
  gristmill decrypt --store ./store --key-file store.key

No other process may have the store open. The disk has to hold the encrypted and the plain files for a while; then the
encrypted ones and the key ring are removed. After Ctrl-C or a crash the store is what it was, or plain; the same command
continues. To give up instead, remove the directory decrypt.partial in the store: it has plain files.`,
  reencrypt: `
Examples:
  gristmill key reencrypt --store ./store --key-file store.key
  gristmill key reencrypt --store ./store --key-file store.key --closed --keys plaintext

Use it when a data key may be known to others: after rotate, somebody who had the old key and a copy of the key ring could
still read what was encrypted before. Other processes may read and change the store meanwhile. Imports and compactions take
turns with it. Each shard file is written once more, and the old one is removed when no process reads it any more. After
Ctrl-C or a crash the same command continues. The key that opens the store stays.

Pseudonyms of keys stay too: who has the old data key and an old copy of the store can still test whether a key that he
guesses is in the index. With --closed the store is made anew, with other pseudonyms: then no other process may have it open,
and the disk has to hold the old and the new files for a while. --keys and --workers need --closed; --no-wait and --why are
not for --closed.`,
};

const NOW = { encrypt: 'encrypted', decrypt: 'plain', reencrypt: 'encrypted with new keys' } as const;

/** Adds the command to the program. */
export function addEncrypt(program: Command): void {
  withStoreFlags(command(program, 'encrypt', 'encrypt a store that is not encrypted'), ['keys']);
}

/** Adds the command to the program. */
export function addDecrypt(program: Command): void {
  withStoreFlags(command(program, 'decrypt', 'make a plain store of an encrypted one'));
}

/** Adds the command to `key`. */
export function addReencrypt(parent: Command): void {
  const added = command(parent, 'reencrypt', 'encrypt all of a store once more, with a new data key')
    .option('--closed', 'make the store anew, with other pseudonyms too, while no other process has it open')
    .option('--no-wait', 'do not wait while another process writes to the store: fail with STORE_BUSY');
  withStoreFlags(withReason(added), ['keys']);
}

function command(program: Command, kind: Kind, what: string): Command {
  const added = program
    .command(kind)
    .description(what)
    .option('--workers <n>', 'number of worker threads (default: the available processors)', readInteger)
    .option('--quiet', 'print no progress')
    .addHelpText('after', HELP[kind])
    .action((flags: ConvertFlags) => runConvert(kind, flags));
  return withCommonOptions(added, 'print the report, or the error, as one JSON object');
}

async function runConvert(kind: Kind, flags: ConvertFlags): Promise<void> {
  const { store, json, quiet, workers, closed, wait, why, ...others } = flags;
  const library = await import('../../../index.js');
  const { encryption: given, keys, trustOwner, trustShared } = await storeOptionsIn(others);
  const encryption = given ?? (await encryptionOf(kind, store, others.config));
  const view = await progressView(quiet === true || json === true);
  const report = await interruptible(async (signal) => {
    const options = {
      encryption,
      ...(workers !== undefined && { workers }),
      trustOwner,
      trustShared,
      signal,
      onProgress: view.show,
    };
    try {
      if (kind === 'encrypt') return await library.encryptStore(store, { ...options, ...(keys && { keys }) });
      if (kind === 'reencrypt') {
        const waiting = { wait, onWait: (holder: Writer) => note(`waiting for ${describeHolder(holder)}`) };
        const how = closed && wait && why === undefined ? { closed } : { ...waiting, ...(closed && { closed }), why };
        return await library.reencryptStore(store, { ...options, ...(keys && { keys }), ...how });
      }
      return await library.decryptStore(store, options);
    } finally {
      view.stop();
    }
  });
  print(json ? jsonLine(report) : reportText(kind, store, report));
}

/** A passphrase is asked for twice where it is new. */
async function encryptionOf(kind: Kind, store: string, config: StoreFlags['config']): Promise<EncryptionOptions> {
  if (kind === 'encrypt') return newEncryption(config);
  const { effectiveOptions } = await import('../../../config/effective.js');
  const { encryption } = await effectiveOptions({ config });
  if (encryption !== undefined) return encryption;
  const asked = await passphraseOf(store);
  if (asked !== undefined) return asked;
  const { keyNeeded, notEncrypted, storedRing } = await import('../../../store/ring/ring.js');
  const ring = storedRing(store);
  throw ring === undefined ? notEncrypted(store) : keyNeeded(store, ring);
}

function reportText(kind: Kind, store: string, report: ConvertReport): string {
  const { collections, dropped, untouched, seconds } = report;
  const lines = [
    ...untouched.map((name) => `not touched, look whether it has data of yours: ${name}`),
    ...(dropped > 0 ? [`${dropped} interrupted imports cannot be resumed any more: run them again`] : []),
    ...collections.map(({ name, records }) => `collection ${name}: ${formatCount(records)} records`),
    `the store ${store} is ${NOW[kind]} now (${seconds} s)`,
  ];
  return `${lines.map(escapeControls).join('\n')}\n`;
}
