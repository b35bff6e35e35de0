// Removes all records of a collection. Its key and its indexes stay, and its rejected records. The manifest of its sources
// goes: the next synchronisation reads all of them again.

import { withTree } from '../../store/publish/change-index.js';
import { addGarbage, unnameCollection } from '../../store/publish/garbage.js';
import { nextGeneration, publishState } from '../../store/publish/publish-state.js';
import type { CollectionManifest, IndexManifest } from '../../store/types.js';
import { type ChangeTarget, changeCollection } from './change.js';
import { type CollectionChangeOptions, type RemovedReport, resolveChangeOptions } from './options.js';

/** @throws as `changeCollection` */
export function clear(target: ChangeTarget, name: string, given?: CollectionChangeOptions): Promise<RemovedReport> {
  const { catalog } = target;
  const options = resolveChangeOptions('clear', given, target.closing);
  return changeCollection(target, name, { operation: 'clear', ...options }, () => ({
    change: (write, manifest) => {
      addGarbage(catalog, write, unnameCollection(catalog, write, manifest));
      write.deleteSources(manifest.id);
      write.putProfile(manifest.id, undefined);
      write.deleteEdits(manifest.id);
      const generation = nextGeneration(catalog, write);
      const header = catalog.header();
      let { nextTree } = header;
      const emptied = (index: IndexManifest): IndexManifest =>
        withTree(index, { tree: nextTree++, entries: 0, pages: 0 });
      const { open: _open, cleaned: _cleaned, dropped: _dropped, edits: _edits, ...rest } = manifest;
      const next: CollectionManifest = {
        ...rest,
        ...(manifest.primary && { primary: emptied(manifest.primary) }),
        secondary: manifest.secondary.map(emptied),
        ...{ generation, layout: generation, published: new Date().toISOString() },
        ...{ records: 0, dead: 0, holes: 0, inline: 0, shards: 0, sourceBytes: 0, storedBytes: 0, plainBytes: 0 },
      };
      write.putHeader({ ...header, nextTree });
      publishState(catalog, write, next, []);
      return { collection: name, records: manifest.records, bytes: manifest.storedBytes };
    },
    logged: ({ records }) => ({ name, records }),
  }));
}
