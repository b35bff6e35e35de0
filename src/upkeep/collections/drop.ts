// Removes a collection, and all that is kept about it: shards, indexes, the manifest of its sources, its rejected records,
// and killed imports into it that could be resumed.

import { removeResumable } from '../../import/resume/resume.js';
import { addGarbage, unnameCollection } from '../../store/publish/garbage.js';
import { nextGeneration } from '../../store/publish/publish-state.js';
import { quarantineNames, collectionOf as quarantineOf, removeQuarantines } from '../../store/quarantine/names.js';
import { type ChangeTarget, changeCollection } from './change.js';
import { type CollectionChangeOptions, type RemovedReport, resolveChangeOptions } from './options.js';

/** @throws as `changeCollection` */
export function drop(target: ChangeTarget, name: string, given?: CollectionChangeOptions): Promise<RemovedReport> {
  const { catalog, place } = target;
  const options = resolveChangeOptions('drop', given, target.closing);
  return changeCollection(target, name, { operation: 'drop', ...options }, () => {
    const rejected = quarantineNames(place).filter((one) => quarantineOf(one, [name], place.seal) === name);
    const ids = rejected.map(({ id }) => id);
    return {
      prepare: async () => {
        for (const one of catalog.resumable()) {
          if (one.collection === name) await removeResumable(catalog, place.directory, one);
        }
      },
      change: (write, manifest) => {
        addGarbage(catalog, write, unnameCollection(catalog, write, manifest));
        write.deleteSources(manifest.id);
        write.putProfile(manifest.id, undefined);
        write.deleteEdits(manifest.id);
        write.deleteCollection(name);
        nextGeneration(catalog, write);
        return { collection: name, records: manifest.records, bytes: manifest.storedBytes };
      },
      logged: ({ records }) => ({ name, records }),
      ...(ids.length > 0 && { sweeps: ids, finish: () => removeQuarantines(place, ids) }),
    };
  });
}
