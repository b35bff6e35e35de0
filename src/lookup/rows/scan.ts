// key > index page > location > frame cache > frame > record, for [all records in source order]
//
// The rows of a scan. A cursor of theirs is a position in the source: it has the location of its record, and the record's own
// key, by which the location is found again after an import has replaced all records.

import { GristmillError } from '../../base/errors.js';
import { namesOf } from '../../keys/key-path.js';
import { type OptionTable, resolveOptions } from '../../options/check.js';
import type { CatalogSnapshot, Location } from '../../store/types.js';
import type { Generation } from '../index/generation.js';
import { pseudonymsIn } from '../index/hidden-range.js';
import { RANGE_OPTIONS, type RangeOptions } from '../index/range.js';
import { scanLines } from '../iterate.js';
import { decodeCursor } from './cursor.js';
import { lineageOf, scopeOf } from './position.js';
import type { Reading } from './reading.js';
import type { Found, RowContext } from './row.js';
import { StoredSource } from './source.js';

/** Options of `scan` and `scanText`; all optional. `after` takes a cursor of a scan. */
export type ScanOptions = Pick<RangeOptions, 'after' | 'limit' | 'freshness' | 'schemaVersion'>;

const { after, limit, freshness, schemaVersion } = RANGE_OPTIONS;
const SCAN_OPTIONS = { after, limit, freshness, schemaVersion } as const satisfies OptionTable;

/**
 * The rows of all records. Options are checked, and the state that is read is taken, when the iteration begins.
 * @param make makes the row that the user gets
 * @throws TypeError; GristmillError COLLECTION_NOT_FOUND, CURSOR_EXPIRED, CHECKSUM_MISMATCH, IO_ERROR
 */
export async function* scanRows<R>(
  method: 'scan' | 'scanText',
  reading: Reading,
  given: ScanOptions | undefined,
  make: (found: Found, context: RowContext) => R,
): AsyncGenerator<R> {
  const options = resolveOptions(method, SCAN_OPTIONS, given);
  let left = options.limit;
  const lookup = reading(options.freshness, options.schemaVersion);
  if (left === 0) return;
  let context: RowContext | undefined;
  const start = (generation: Generation, snapshot: CatalogSnapshot): Location | undefined => {
    context = contextOf(generation, snapshot);
    return options.after === undefined ? undefined : locationOf(generation, snapshot, options.after, context);
  };
  for await (const found of scanLines(lookup, start)) {
    yield make(found, context!);
    if (--left === 0) return;
  }
}

function contextOf({ manifest }: Generation, snapshot: CatalogSnapshot): RowContext {
  return {
    scope: `${scopeOf(manifest, undefined)}, in source order`,
    lineage: lineageOf(snapshot.header(), manifest),
    isByPrimary: false,
    primary: manifest.key.kind === 'path' ? namesOf(manifest.key.path) : undefined,
  };
}

/** Where the record of a cursor is. */
function locationOf(
  generation: Generation,
  snapshot: CatalogSnapshot,
  text: string,
  { scope, lineage }: RowContext,
): Location {
  const { among } = decodeCursor(text, scope);
  const source = new StoredSource(generation, snapshot, undefined);
  const ownKey = among && (pseudonymsIn(source)?.of(among.primary) ?? among.primary);
  const found = among?.lineage === lineage ? among.location : ownKey && source.locate(ownKey);
  if (found !== undefined && generation.shards.some(({ shard }) => shard === found.shard)) return found;
  const message = `the record of this cursor of ${scope} is gone, and with it the position: read from the beginning`;
  throw new GristmillError('CURSOR_EXPIRED', message);
}
