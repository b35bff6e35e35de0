// [convert]: shards > [index] > rejected records > in place
//
// Makes the index of a conversion. What the catalog says of records is copied. Where keys stay as they are, so do the pages of
// all trees; where they become hidden or are not hidden any more, the trees are made anew from the converted shards.

import { GristmillError } from '../../base/errors.js';
import { newHeader } from '../../store/catalog/values.js';
import type { EditAt } from '../../store/edit-types.js';
import type { Blobs } from '../../store/files/blobs.js';
import type { ConversionKind } from '../../store/files/layout.js';
import { treeStart } from '../../store/pages/page-key.js';
import { verifyPage } from '../../store/pages/read.js';
import { publishState } from '../../store/publish/publish-state.js';
import { schemaOf } from '../../store/publish/schema.js';
import { hiddenKeys, newKeySalt } from '../../store/seal/hidden-keys.js';
import type { Catalog, CatalogRead, CollectionManifest, IndexManifest, ShardEntry } from '../../store/types.js';
import { rebuildCollection } from '../repair/catalog.js';
import { copyRecords } from '../repair/copy-values.js';
import type { Rebuild } from '../repair/rebuild.js';
import type { Fault } from '../verify/faults.js';
import { convertLog } from './log.js';

/** Pages, and chunks of rows, in one transaction. */
const BATCH = 512;

interface ConvertedIndex {
  readonly kind: ConversionKind;
  readonly from: Blobs;
  /** The directory of the conversion, in which its shards are. */
  readonly made: string;
  readonly to: Blobs;
  readonly old: CatalogRead;
  readonly catalog: Catalog;
  readonly shards: ReadonlyMap<number, ShardEntry>;
  /** Of the conversion: salts are made of it. */
  readonly id: string;
  readonly rebuildFor: (id: string) => Rebuild;
  readonly pause: () => Promise<void>;
}

/** @throws GristmillError CHECKSUM_MISMATCH, DISK_FULL, IO_ERROR; what `pause` throws */
export async function convertIndex(converting: ConvertedIndex): Promise<void> {
  const { kind, from, to, old, catalog, shards, id, pause } = converting;
  const { seal } = to;
  const header = old.header();
  const manifests = new Map(
    old.collections().map(({ keySalt: _, ...manifest }): [number, CollectionManifest] => {
      const keySalt = newKeySalt(seal, id, manifest.name);
      return [manifest.id, { ...manifest, ...(keySalt !== undefined && { keySalt }) }];
    }),
  );
  await catalog.transaction((write) => {
    const { format } = newHeader(seal !== undefined);
    write.putHeader({ ...header, format, generation: header.generation + 1 });
    write.putGarbage({ files: [], trees: [], inline: [] });
    write.putResumable([]);
  });
  await copyRecords(
    { old, catalog, pause },
    {
      shard: (entry) => shards.get(entry.shard) ?? entry,
      edit: ({ id }, at) => convertedEdit(manifests.get(id)!, to, at),
    },
  );
  for (const was of old.collections()) {
    const manifest = manifests.get(was.id)!;
    await copySources(converting, manifest);
    if (was.keySalt === manifest.keySalt) await copyTrees(converting, manifest);
    else await makeTrees(converting, manifest);
  }
  await convertLog({ kind, old, from: from.seal, catalog, to: seal, pause });
}

/** The encoded key that an edit belongs to is in the edit where keys are hidden. */
function convertedEdit(manifest: CollectionManifest, { seal }: Blobs, { key, edit }: EditAt): EditAt {
  if (manifest.key.kind === 'ordinal') return { key, edit };
  const { key: kept, ...rest } = edit;
  const whole = kept === undefined ? key : Buffer.from(kept, 'base64url');
  const hidden = hiddenKeys(seal, manifest)?.primary;
  if (hidden === undefined) return { key: whole, edit: rest };
  return { key: hidden.of(whole), edit: { ...rest, key: Buffer.from(whole).toString('base64url') } };
}

async function copySources({ old, catalog, pause }: ConvertedIndex, manifest: CollectionManifest): Promise<void> {
  const { id } = manifest;
  const schema = schemaOf(old, manifest);
  if (schema !== undefined) await catalog.transaction((write) => write.putSchema(id, schema));
  const profile = old.profile(id);
  if (profile !== undefined) await catalog.transaction((write) => write.putProfile(id, profile));
  const sources = old.sourceManifest(id);
  if (sources === undefined) return;
  for (let from = 0; from < sources.chunks; from += BATCH) {
    await catalog.transaction((write) => {
      for (let chunk = from; chunk < Math.min(from + BATCH, sources.chunks); chunk++)
        write.putSourceRows(id, chunk, Buffer.from(JSON.stringify(old.sourceRows(id, chunk))));
    });
    await pause();
  }
  await catalog.transaction((write) => write.putSourceManifest(id, sources));
}

async function copyTrees(converting: ConvertedIndex, manifest: CollectionManifest): Promise<void> {
  const { old, catalog, pause } = converting;
  const { primary, secondary } = manifest;
  for (const index of [...(primary ? [primary] : []), ...secondary]) {
    const { tree } = index;
    await copyRecent(converting, index);
    for (let at = old.nextPage(tree, treeStart(tree), false); at !== undefined; ) {
      await catalog.transaction((write) => {
        for (let pages = 0; at !== undefined && pages < BATCH; pages++) {
          verifyPage(at.page, tree, old.file);
          write.putPageAt(at.pageKey, at.page);
          at = old.nextPage(tree, at.pageKey, false);
        }
      });
      await pause();
    }
  }
  await catalog.transaction((write) => {
    const { generation } = catalog.header();
    const { shards, facts } = newShards(catalog, manifest);
    publishState(catalog, write, { ...manifest, ...facts, generation, layout: generation }, shards);
  });
}

async function copyRecent({ old, catalog, pause }: ConvertedIndex, { tree, recent }: IndexManifest): Promise<void> {
  if (recent === undefined) return;
  const { keyed } = recent;
  for (let after: Uint8Array | undefined; ; await pause()) {
    const found = old.recentEntries(tree, { isKeyed: keyed, reverse: false, max: BATCH, after });
    if (found.length === 0) return;
    await catalog.transaction((write) => {
      for (const { entry } of found) write.putRecent(tree, entry, keyed);
    });
    after = found.at(-1)!.at;
  }
}

async function makeTrees(converting: ConvertedIndex, manifest: CollectionManifest): Promise<void> {
  const { made, to, catalog, rebuildFor, pause } = converting;
  const lost: Fault[] = [];
  const rebuild = rebuildFor(manifest.name);
  await rebuildCollection({ store: made, blobs: to, old: catalog, catalog, lost, rebuild, pause }, manifest);
  const [first] = lost;
  if (first === undefined) return;
  const message = `${first.message}; nothing was changed: repair the store first`;
  throw new GristmillError('CHECKSUM_MISMATCH', message, { file: first.file });
}

/** The shards of a collection as they were converted. */
function newShards(catalog: CatalogRead, manifest: CollectionManifest) {
  const shards = catalog.shards(manifest);
  const storedBytes = shards.reduce((sum, entry) => sum + entry.storedBytes, 0);
  return { shards, facts: { storedBytes } };
}
