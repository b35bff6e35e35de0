// What setting a schema and taking it away have in common: what the catalog has of the collection from then on, and what the audit
// log says of it.

import type { WriterLock } from '../../store/lock/writer-lock.js';
import { nextGeneration, publishState } from '../../store/publish/publish-state.js';
import { schemaHash } from '../../store/publish/schema.js';
import type { Catalog, CatalogWrite, StoredSchema } from '../../store/types.js';
import { collectionOf } from '../collection-of.js';

/** Gives a collection a schema, or takes it away, within a transaction. @returns live records */
export function carry(
  catalog: Catalog,
  write: CatalogWrite,
  lock: WriterLock,
  collection: string,
  schema: StoredSchema | undefined,
): number {
  const before = catalog.generation();
  const { schema: old, ...current } = collectionOf(catalog, collection);
  const hash = schema && schemaHash(schema.text);
  write.putSchema(current.id, schema);
  // Records that the old schema has kept out may be valid now: by other rules the next synchronisation reads all sources.
  const sources = old === undefined || old === hash ? undefined : catalog.sourceManifest(current.id);
  if (sources !== undefined) write.putSourceManifest(current.id, { ...sources, rules: '' });
  const next = { ...current, ...(hash && { schema: hash }), generation: nextGeneration(catalog, write) };
  publishState(catalog, write, next, catalog.shards(next));
  const { name, records } = next;
  const operation = schema === undefined ? 'unset schema' : 'set schema';
  lock.log(write, before, { operation, collections: [{ name, records }] });
  lock.write(write, { isPublished: true });
  return records;
}
