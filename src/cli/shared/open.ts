// The library is loaded when a command opens its store: help and wrong flags do without.

import { existsSync } from 'node:fs';
import type { GristmillError, Store, StoreEvents, StoreOptions } from '../../index.js';
import { note } from '../terminal/diagnostics.js';
import { defaultStore, makeDefaultPlace } from './default-store.js';
import { type StoreFlags, storeOptionsIn } from './store-flags.js';

/** Where the store is, and what flags say of it. */
interface OpenFlags extends StoreFlags {
  readonly store: string;
}

/**
 * `openStore` of the library; `options` are the command's own and go over the flags. What one command reads is no measure
 * of what will be read most, so no hot set is kept unless a flag or the command asks for it.
 */
export async function openStore(flags: OpenFlags, options: StoreOptions): Promise<Store> {
  return (await opened(flags, options)).store;
}

/** The same, with all options it was opened by. */
async function opened(flags: OpenFlags, options: StoreOptions): Promise<{ store: Store; how: StoreOptions }> {
  const [library, given] = await Promise.all([import('../../index.js'), storeOptionsIn(flags)]);
  return withPassphrase(flags.store, async (asked) => {
    const how = { hotSet: false, ...given, ...options, ...asked };
    const store = await library.openStore(flags.store, how);
    return { store: store.on('warning', noteWarning), how };
  });
}

/** Asks for the passphrase, where the store has one and no key was given. */
export async function withPassphrase<T>(
  store: string,
  open: (asked: Pick<StoreOptions, 'encryption'>) => Promise<T>,
): Promise<T> {
  try {
    return await open({});
  } catch (error) {
    if ((error as GristmillError).code !== 'KEY_NEEDED') throw error;
    const { passphraseOf } = await import('./encryption.js');
    const encryption = await passphraseOf(store);
    if (encryption === undefined) throw error;
    return open({ encryption });
  }
}

/** Prints a warning of the store on stderr. A command that prints warnings in its own way takes it off. */
export function noteWarning({ error }: StoreEvents['warning']): void {
  note(`warning: ${error.message}`);
}

/** Runs a command on a store that it may make. "The store as it was" is no store, where it made one and then failed. */
export async function onStore<R>(flags: OpenFlags, create: boolean, work: (store: Store) => Promise<R>): Promise<R> {
  const isNew = !existsSync(flags.store);
  const isDefault = isNew && create && flags.store === defaultStore();
  if (isDefault) makeDefaultPlace(flags.store);
  const { store, how } = await opened(flags, { create });
  if (isDefault) note(`made the default store, which commands without --store use: ${store.directory}`);
  try {
    return await work(store);
  } finally {
    await store.close();
    if (isNew) await removeAgain(store.directory, how);
  }
}

/** Leaves a store in which anything is, or that anybody else has open. */
async function removeAgain(directory: string, how: StoreOptions): Promise<void> {
  const { effectiveOptions } = await import('../../config/effective.js');
  const { removeEmptyStore } = await import('../../upkeep/remove-empty.js');
  // What the command itself has to say is more important.
  await effectiveOptions(how)
    .then(({ encryption }) => removeEmptyStore(directory, encryption))
    .catch(() => {});
}
