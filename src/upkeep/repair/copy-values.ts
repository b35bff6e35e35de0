// [repair, convert]: values of one catalog in another
//
// Copies what the catalog says of shards and their records: their shapes, entries, tombstones, records that are inline, edits. A copy is made
// in many transactions, of which nobody sees the result before the new index is in place.

import { tombstoneChunks } from '../../store/catalog/tombstones.js';
import type { EditAt } from '../../store/edit-types.js';
import type { Catalog, CatalogRead, CollectionManifest, ShardEntry } from '../../store/types.js';

/** Records of an inline shard, and edits, taken together. */
const BATCH = 256;

interface Copying {
  readonly old: CatalogRead;
  readonly catalog: Catalog;
  readonly pause: () => Promise<void>;
}

/** What becomes of values in another kind of store (upkeep/convert/). */
export interface ValuesAs {
  shard(entry: ShardEntry): ShardEntry;
  edit(manifest: CollectionManifest, at: EditAt): EditAt;
}

const AS_THEY_ARE: ValuesAs = { shard: (entry) => entry, edit: (_, at) => at };

export async function copyRecords({ old, catalog, pause }: Copying, as = AS_THEY_ARE): Promise<void> {
  for (const manifest of old.collections()) {
    const history = old.history(manifest.id);
    if (history !== undefined) await catalog.transaction((write) => write.putHistory(manifest.id, history));
    await copyEdits({ old, catalog, pause }, manifest, as);
    for (const entry of old.shards(manifest)) {
      await pause();
      await catalog.transaction((write) => {
        if (entry.shard !== manifest.open?.shard) write.putShard(manifest.id, as.shard(entry));
        const state = old.tombstoneState(entry.shard);
        if (state === undefined) return;
        write.putTombstoneState(entry.shard, state);
        for (let chunk = 0; chunk < tombstoneChunks(entry.records); chunk++) {
          const bitmap = old.tombstoneChunk(entry.shard, chunk);
          if (bitmap !== undefined) write.putTombstoneChunk(entry.shard, chunk, bitmap);
        }
      });
      if (entry.fileNumber === 0) await copyInline({ old, catalog, pause }, entry);
    }
  }
}

async function copyInline({ old, catalog, pause }: Copying, { shard, records: count }: ShardEntry): Promise<void> {
  for (let from = 0; from < count; ) {
    const records = old.inlineRecords(shard, from, BATCH);
    if (records.length === 0) break;
    await catalog.transaction((write) => {
      for (const { ordinal, line } of records) write.putInlineRecord(shard, ordinal, line);
    });
    from = records.at(-1)!.ordinal + 1;
    await pause();
  }
}

async function copyEdits({ old, catalog, pause }: Copying, manifest: CollectionManifest, as: ValuesAs): Promise<void> {
  const { id } = manifest;
  for (let after: Uint8Array | undefined; ; ) {
    const edits = old.edits(id, BATCH, after);
    if (edits.length === 0) return;
    await catalog.transaction((write) => {
      for (const one of edits) {
        const { key, edit } = as.edit(manifest, one);
        write.putEdit(id, key, edit);
      }
    });
    after = edits.at(-1)!.key;
    await pause();
  }
}
