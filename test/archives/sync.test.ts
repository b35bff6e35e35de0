// Goal: a synchronisation takes an archive as one file: it is read again if it has changed, and records that are no longer
// in it go.
// Method: archives that are exchanged under a store; the oracle is an import into a new store.

import { expect, test } from 'vitest';
import { TAR_END, tarOf, zipOf } from '../support/archives.js';
import { KINDS } from '../support/import-store.js';
import { contentOf, freshly, syncedStore, Tree } from '../support/sync.js';

const tar = (files: Parameters<typeof tarOf>[0]) => Buffer.concat([tarOf(files), TAR_END]);

test.each(KINDS.flatMap((kind) => ['a.zip', 'a.tar'].map((name) => [kind, name] as const)))(
  '%s: %s',
  async (kind, name) => {
    const make = name === 'a.zip' ? zipOf : tar;
    const tree = new Tree();
    const files = (ids: readonly number[]) => ids.map((id) => ({ name: `${id}.json`, data: `{"id":${id}}` }));
    tree.write(name, make(files([1, 2, 3])) as never);
    for (const source of [tree.path(name), `${tree.path(name)}::*.json`]) {
      const { store, sync } = await syncedStore(kind);
      tree.write(name, make(files([1, 2, 3])) as never);
      expect(await sync(source)).toMatchObject({ added: 1, records: { imported: 3 } });
      expect(await sync(source)).toMatchObject({ unchanged: 1, bytesRead: 0 });
      tree.write(name, make(files([2, 3, 4, 5])) as never);
      expect(await sync(source)).toMatchObject({ changed: 1 });
      expect(await contentOf(store)).toEqual(await freshly([source], {}));
      expect(store.collection().stat().records).toBe(4);
    }
  },
);
