// The schema that new records of a collection are held to. The manifest has its hash, so that a transaction knows without another
// read whether there is one; the text, which may be long, is a value of its own.

import { createHash } from 'node:crypto';
import { GristmillError } from '../../base/errors.js';
import type { CatalogRead, CollectionManifest, StoredSchema } from '../types.js';

/** What the manifest has of a schema. */
export function schemaHash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Undefined if the collection has none. @throws GristmillError CHECKSUM_MISMATCH if it is not the one that the manifest names */
export function schemaOf(
  read: Pick<CatalogRead, 'schema' | 'file'>,
  { id, name, schema: hash }: Pick<CollectionManifest, 'id' | 'name' | 'schema'>,
): StoredSchema | undefined {
  if (hash === undefined) return undefined;
  const stored = read.schema(id);
  if (stored !== undefined && schemaHash(stored.text) === hash) return stored;
  const what = stored === undefined ? 'is missing' : 'is not the one that was set';
  const message = `the schema of collection ${name} in ${read.file} ${what}: set it again, or remove it (gristmill schema set, schema unset)`;
  throw new GristmillError('CHECKSUM_MISMATCH', message, { file: read.file });
}
