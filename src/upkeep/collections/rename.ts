// Gives a collection another name. Everything in the catalog is kept under its number, so only the manifest changes its place.
// Rejected records are named by collection: their files are renamed after the transaction. If the process dies in between,
// they keep the old name, and `quarantine retry` takes the new one as an option.

import { GristmillError } from '../../base/errors.js';
import { checkCollectionName } from '../../base/names.js';
import { nextGeneration, publishState } from '../../store/publish/publish-state.js';
import {
  pathOfQuarantine,
  quarantineNames,
  collectionOf as quarantineOf,
  renamedQuarantine,
} from '../../store/quarantine/names.js';
import { type ChangeTarget, changeCollection } from './change.js';
import { type CollectionChangeOptions, resolveChangeOptions } from './options.js';

/** @throws as `changeCollection`; GristmillError COLLECTION_EXISTS */
export function rename(target: ChangeTarget, from: string, to: string, given?: CollectionChangeOptions): Promise<void> {
  const { catalog, place } = target;
  const options = resolveChangeOptions('rename', given, target.closing);
  checkCollectionName(to);
  return changeCollection(target, from, { operation: 'rename', ...options }, () => ({
    change: (write, manifest) => {
      if (catalog.collection(to) !== undefined) {
        throw new GristmillError('COLLECTION_EXISTS', `the collection ${to} already exists; nothing was changed`);
      }
      const shards = catalog.shards(manifest);
      write.deleteCollection(from);
      publishState(catalog, write, { ...manifest, name: to, generation: nextGeneration(catalog, write) }, shards);
    },
    logged: (_, { records }) => ({ name: from, to, records }),
    finish: () => {
      for (const one of quarantineNames(place)) {
        if (quarantineOf(one, [from], place.seal) !== from) continue;
        const path = pathOfQuarantine(place, one.name);
        place.blobs.rename(path, pathOfQuarantine(place, renamedQuarantine(one, to, place.seal)));
      }
    },
  }));
}
