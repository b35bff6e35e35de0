// The library is loaded when a command opens its store: help and wrong flags do without, and the threads of an import start
// meanwhile.

import type { Store, StoreOptions } from '../index.js';

/** `openStore` of the library. */
export async function openStore(directory: string, options: StoreOptions): Promise<Store> {
  const library = await import('../index.js');
  return library.openStore(directory, options);
}
