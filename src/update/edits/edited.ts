// record > line, keys > overlay > [pages > transaction]
//
// The records that transactions changed since an import gave them: what is written down of them (edits.ts) or, in a collection
// that no import ever gave a record, all there are. And where each was, so that it can be told whether an import touches it.

import { encodeKey, type KeyValue } from '../../keys/encode.js';
import { namesOf } from '../../keys/key-path.js';
import type { Lookup } from '../../lookup/lookup.js';
import { ownKeyIn } from '../../lookup/rows/own-key.js';
import type { Edit, EditAt } from '../../store/edit-types.js';
import { entriesOf } from '../../store/pages/read.js';
import { walkPages } from '../../store/pages/walk.js';
import { recordName, recordText } from '../../store/shards/line.js';
import type { CatalogRead, CollectionManifest, Location } from '../../store/types.js';
import { hasImports } from './edits.js';

/** Edits read together. */
const BATCH = 256;

/** @param lookup reads the same state as `read` */
export function* editsOf(read: CatalogRead, manifest: CollectionManifest, lookup: Lookup): Generator<EditAt> {
  if (hasImports(manifest)) yield* writtenEdits(read, manifest.id);
  else yield* allPut(read, manifest, lookup);
}

/** The encoded key of an edit: not its pseudonym. */
export function wholeKeyOf({ key, edit }: EditAt): Uint8Array {
  return edit.key === undefined ? key : Buffer.from(edit.key, 'base64url');
}

function* writtenEdits(read: CatalogRead, id: number): Generator<EditAt> {
  for (let after: Uint8Array | undefined; ; ) {
    const batch = read.edits(id, BATCH, after);
    yield* batch;
    if (batch.length < BATCH) return;
    after = batch.at(-1)!.key;
  }
}

/** All live records as edits. */
function* allPut(read: CatalogRead, manifest: CollectionManifest, lookup: Lookup): Generator<EditAt> {
  const { primary, records, dead } = manifest;
  if (primary === undefined) {
    for (let ordinal = 0; ordinal < records + dead; ordinal++)
      if (lookup.has(ordinal)) yield { key: encodeKey(ordinal), edit: { kind: 'put' } };
    return;
  }
  for (const page of walkPages(read, primary)) {
    for (const { key, shard, ordinal } of entriesOf(page)) {
      const own = manifest.keySalt === undefined ? undefined : ownKeyAt(lookup, manifest, { shard, ordinal });
      yield { key: key.slice(), edit: { kind: 'put', ...(own !== undefined && { key: own }) } };
    }
  }
}

/** The key that a record has, as an edit keeps it. */
function ownKeyAt(lookup: Lookup, { key }: CollectionManifest, location: Location): string {
  const place = lookup.generation().place(location);
  const [line] = lookup.fetch.linesSync([place]);
  const own = key.kind === 'path' ? ownKeyIn(recordText(line!, place.form), namesOf(key.path)) : recordName(line!);
  return Buffer.from(encodeKey(own)).toString('base64url');
}

/** Whether the record of a key is another one than before: it was replaced, removed, or brought back. */
export function isTouched(key: KeyValue, before: Lookup, now: Lookup): boolean {
  const [was, is] = [before, now].map((lookup) => lookup.place(key));
  return was?.entry.shard !== is?.entry.shard || was?.ordinal !== is?.ordinal;
}

/** The record as the import had brought it; undefined where it had brought none, or compaction has removed its text. */
export function originalText({ origin }: Edit, before: Lookup): string | undefined {
  const entry = before.generation().shards.find(({ shard }) => shard === origin?.[0]);
  if (origin === undefined || entry === undefined || entry.fileNumber === 0) return undefined;
  const [, ordinal] = origin;
  if (before.caches.shard(entry).holes?.has(ordinal)) return undefined;
  const form = before.generation().forms.of(entry);
  return before.fetch.textSync(before.fetch.address({ entry, ordinal, form }));
}
