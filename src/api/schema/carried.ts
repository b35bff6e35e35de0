// The schema that a collection carries, as a user reads it back.

import { schemaOf } from '../../store/publish/schema.js';
import type { CatalogRead } from '../../store/types.js';
import { collectionOf } from '../../upkeep/collection-of.js';
import type { CarriedSchema } from '../../upkeep/schema/options.js';

/** @throws GristmillError COLLECTION_NOT_FOUND, CHECKSUM_MISMATCH */
export function carriedSchema(read: CatalogRead, collection: string): CarriedSchema | undefined {
  const stored = schemaOf(read, collectionOf(read, collection));
  if (stored === undefined) return undefined;
  const { text, since, onlyNew = false } = stored;
  return { schema: JSON.parse(text) as object | boolean, since, onlyNew };
}
