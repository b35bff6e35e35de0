// store at rest: [conversion]
//
// An encrypted store is made of a plain one, the other way round, or with new keys of an encrypted one, beside it: index, shards, rejected records and key ring
// (upkeep/convert/). That directory gets its final name in one step, behind the gate: then the conversion is decided. Nobody
// opens the store from then on before all is in place. So whoever opens it next, with or without a key, finishes what a
// killed conversion left: each step can be done again.

import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { GristmillError } from '../../base/errors.js';
import { failpoint } from '../../base/failpoints.js';
import { ioError } from '../../base/system-errors.js';
import { syncDirectory } from '../files/io.js';
import {
  CATALOG_FILE,
  CATALOG_LOCK_FILE,
  type ConversionKind,
  decidedConversion,
  hotSetPath,
  INDEX_DIRECTORY,
  KEY_RING_FILE,
  QUARANTINE_DIRECTORY,
  SHARDS_DIRECTORY,
  TEMPORARY_DIRECTORY,
  unfinishedConversion,
} from '../files/layout.js';
import { Gate } from '../lmdb/gate.js';

/** What was there before goes under these names first: removing much takes a while. */
const REPLACED = '.replaced';

/**
 * Finishes a conversion that is decided.
 * @returns which one, if this process has finished it
 * @throws GristmillError STORE_BUSY where nothing may be changed; IO_ERROR
 */
export async function finishConversion(store: string, readOnly = false): Promise<ConversionKind | undefined> {
  if (decidedConversion(store) === undefined) return undefined;
  if (readOnly) {
    const message = `a conversion of the store ${store} was interrupted: open the store once for changes, and it is finished`;
    throw new GristmillError('STORE_BUSY', message, { file: store });
  }
  const gate = await Gate.open(store);
  try {
    return gate.within(() => {
      const kind = decidedConversion(store);
      if (kind !== undefined) putInPlace(store, kind);
      return kind;
    });
  } finally {
    gate.close();
  }
}

/**
 * Decides a conversion that is made, and puts it in place.
 * @param check runs when nobody can open the store or commit to it, and throws to leave all as it is
 * @throws GristmillError IO_ERROR; what `check` throws
 */
export async function decideConversion(store: string, kind: ConversionKind, check: () => void): Promise<void> {
  const gate = await Gate.open(store);
  try {
    gate.within(() => {
      check();
      failpoint('convert.decide');
      renameSync(join(store, unfinishedConversion(kind)), join(store, kind));
      syncDirectory(store);
      failpoint('convert.decided');
      putInPlace(store, kind);
    });
  } finally {
    gate.close();
  }
}

function putInPlace(store: string, kind: ConversionKind): void {
  const made = join(store, kind);
  try {
    if (kind !== 'decrypt') place(join(made, KEY_RING_FILE), join(store, KEY_RING_FILE));
    syncDirectory(store);
    if (existsSync(join(made, CATALOG_FILE))) {
      // It counts the readers and transactions of the old file.
      rmSync(join(store, CATALOG_LOCK_FILE), { force: true });
      failpoint('convert.index');
      renameSync(join(made, CATALOG_FILE), join(store, CATALOG_FILE));
    }
    syncDirectory(join(store, INDEX_DIRECTORY));
    failpoint('convert.shards');
    for (const name of [SHARDS_DIRECTORY, QUARANTINE_DIRECTORY]) replace(made, store, name);
    syncDirectory(store);
    failpoint('convert.clean');
    // Sealed with keys that are gone, or not sealed: imports begin anew, and the hot set is only a hint.
    const hotSet = hotSetPath(store);
    for (const path of [hotSet, `${hotSet}.new`, join(store, TEMPORARY_DIRECTORY)]) rmSync(path, REMOVE);
    if (kind === 'decrypt') rmSync(join(store, KEY_RING_FILE), REMOVE);
    syncDirectory(store);
    failpoint('convert.placed');
    rmSync(made, REMOVE);
    syncDirectory(store);
  } catch (cause) {
    throw ioError(cause, 'put the conversion in place in', store);
  }
}

const REMOVE = { recursive: true, force: true } as const;

function place(from: string, to: string): void {
  if (existsSync(from)) renameSync(from, to);
}

/** Exchanges a directory of the store for the one that was made, if that is still to do. */
function replace(made: string, store: string, name: string): void {
  const [next, old, kept] = [join(made, name), join(store, name), join(made, name + REPLACED)];
  if (!existsSync(next)) return;
  // Whoever looked at the store meanwhile may have made an empty one.
  if (existsSync(kept)) rmSync(old, REMOVE);
  else place(old, kept);
  renameSync(next, old);
}
