// The index of an encrypted store as somebody without its key sees and changes it: LMDB's values, whole.

import { join } from 'node:path';
import { open } from 'lmdb';

export const DATABASES = ['meta', 'pages', 'state'] as const;
/** Keys of the journal in LMDB's unnamed database, beside the names of the others. */
const JOURNAL = { start: Buffer.of(0xfa), end: Buffer.of(0xfc) };

export interface SealedValue {
  readonly database: string;
  readonly key: Buffer;
  readonly value: Buffer;
}

export interface SealedIndex {
  values(): readonly SealedValue[];
  put(database: string, key: Buffer, value: Buffer): void;
  remove(database: string, key: Buffer): void;
  close(): Promise<void>;
}

/** Opens an index that nobody else has open. */
export function openSealed(directory: string): SealedIndex {
  const binary = { encoding: 'binary', keyEncoding: 'binary' } as const;
  const root = open<Buffer, Uint8Array>({ path: join(directory, 'index'), noSubdir: false, noSync: true, ...binary });
  const databases = new Map(DATABASES.map((name) => [name as string, root.openDB<Buffer, Uint8Array>(name, binary)]));
  databases.set('journal', root);
  return {
    values: () =>
      [...databases].flatMap(([database, map]) =>
        Array.from(map.getRange(database === 'journal' ? JOURNAL : {}), ({ key, value }) => ({
          database,
          key: Buffer.from(key),
          value: Buffer.from(value),
        })),
      ),
    put: (database, key, value) => void databases.get(database)!.putSync(key, value),
    remove: (database, key) => void databases.get(database)!.removeSync(key),
    close: () => root.close(),
  };
}

/** Changes the index of a store that nobody has open. */
export async function tamper(directory: string, change: (index: SealedIndex) => void): Promise<void> {
  const index = openSealed(directory);
  try {
    change(index);
  } finally {
    await index.close();
  }
}
