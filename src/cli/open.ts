// The library is loaded when a command opens its store: help and wrong flags do without, and the threads of an import start
// meanwhile.

import { existsSync, rmSync } from 'node:fs';
import type { Store, StoreOptions } from '../index.js';

/** `openStore` of the library; what one command reads is no measure of what will be read most. */
export async function openStore(directory: string, options: StoreOptions): Promise<Store> {
  const library = await import('../index.js');
  return library.openStore(directory, { hotSet: false, ...options });
}

/** Runs a command on a store that it may make. "The store as it was" is no store, where it made one and then failed. */
export async function onStore<R>(directory: string, create: boolean, work: (store: Store) => Promise<R>): Promise<R> {
  const isNew = !existsSync(directory);
  const store = await openStore(directory, { create });
  try {
    return await work(store);
  } finally {
    const isEmpty = store.collections().length === 0;
    await store.close();
    if (isNew && isEmpty) rmSync(directory, { recursive: true, force: true });
  }
}
