// Option `collections`: several places of the same documents, each with the collection that its records go to. What is set for
// all of them and for one of them becomes the complete options of an import into that collection.

import { COLLECTIONS_PER_IMPORT_MAX } from '../../base/limits.js';
import { checkCollectionName } from '../../base/names.js';
import { formatPointer, isOnePlace, type Places, parsePointer } from '../../keys/paths.js';
import { checkedOptions, checkText, isOptions, type OptionTable } from '../../options/check.js';
import { type FilledImportOptions, resolveImportOptions } from './resolve.js';
import { IMPORT_OPTIONS } from './table.js';
import type { CollectionsImportOptions, ImportedPlace, ImportOptions } from './types.js';

const {
  select,
  key,
  indexes,
  uniqueIndexes,
  mode,
  onDuplicate,
  where,
  sample,
  transform,
  pick,
  omit,
  schemaVersion,
  validate,
  limit,
} = IMPORT_OPTIONS;
/** The options that a collection may have of its own. */
const PLACE_OPTIONS = {
  ...{ select, key, indexes, uniqueIndexes, mode, onDuplicate, where, sample, transform, pick, omit },
  ...{ schemaVersion, validate, limit },
  layout: { ...IMPORT_OPTIONS.layout, choices: ['array', 'object'] },
} as const satisfies OptionTable;

/**
 * The complete options of an import into each collection: of one, unless there is option `collections`.
 * @throws TypeError as `resolveImportOptions`; for places that are inside each other
 */
export function resolveDestinations(
  options: ImportOptions | CollectionsImportOptions,
  closing?: AbortSignal,
): readonly FilledImportOptions[] {
  const { collections, ...shared } = isOptions(options) ? inherited(options) : { collections: undefined };
  if (collections === undefined) return [resolveImportOptions(options as ImportOptions, closing)];
  checkShared(shared);
  const places = checkedPlaces(collections);
  const areTogether = places.every(([, place]) => isOnePlace(parsePointer(place.select)));
  const filled = places.map(([collection, place]) => {
    checkLayout(collection, place, shared);
    const all = resolveImportOptions({ ...shared, ...place, collection, resume: 'never' }, closing);
    // A file that is left out has to be left out of each collection by itself.
    const pass = areTogether && all.onBadFile === 'fail' ? 'together' : 'apart';
    return Object.freeze({ ...all, pass } as const);
  });
  checkApart(places.map(([name, place]) => [name, parsePointer(place.select)]));
  return filled;
}

/** @throws TypeError for options that `collections` has itself, or does not go with */
function checkShared({ collection, select: place, resume, format }: ImportOptions): void {
  const given = collection !== undefined ? 'collection' : place !== undefined ? 'select' : undefined;
  if (given !== undefined) {
    throw new TypeError(
      `import: options.${given} cannot be used with options.collections: give it to each collection there`,
    );
  }
  if (resume === 'require') {
    throw new TypeError(
      'import: options.resume "require" cannot be used with options.collections: an import into several collections is never resumed',
    );
  }
  if (format !== undefined && format !== 'json') {
    throw new TypeError(
      `import: options.format "${format}" cannot be used with options.collections: its records are not in JSON documents`,
    );
  }
}

function checkedPlaces(given: unknown): readonly (readonly [collection: string, place: ImportedPlace])[] {
  const name = 'import: options.collections';
  if (!isOptions(given)) throw new TypeError(`${name} must be an object, with a member for each collection`);
  const places = Object.entries(given).filter(([, place]) => place !== undefined);
  if (places.length === 0) throw new TypeError(`${name} has no collection`);
  if (places.length > COLLECTIONS_PER_IMPORT_MAX) {
    throw new TypeError(`${name} has ${places.length} collections, more than ${COLLECTIONS_PER_IMPORT_MAX}`);
  }
  return places.map(([collection, place]) => {
    checkText(collection, checkCollectionName, name);
    const checked = checkedOptions('import', PLACE_OPTIONS, place ?? null, `collections.${collection}.`);
    if (checked.select !== undefined) return [collection, { ...checked, select: checked.select }];
    throw new TypeError(`${name}.${collection} needs select: the place of its records, such as "/users"`);
  });
}

/** What documents follow one another is the same for all places. @throws TypeError */
function checkLayout(collection: string, { layout }: ImportedPlace, shared: ImportOptions): void {
  if (layout === undefined || shared.layout === undefined || layout === shared.layout) return;
  throw new TypeError(
    `import: options.collections.${collection}.layout "${layout}" cannot be used with options.layout "${shared.layout}"`,
  );
}

/** @throws TypeError if two places are the same, or one is inside the other */
function checkApart(places: readonly (readonly [collection: string, places: Places])[]): void {
  for (const [i, [name, outer]] of places.entries()) {
    for (const [other, inner] of places.slice(i + 1)) {
      const isApart = outer.some(
        (step, at) => at < inner.length && step !== null && inner[at] !== null && step !== inner[at],
      );
      if (isApart) continue;
      const at = (place: Places) => JSON.stringify(formatPointer(place));
      const how = outer.length === inner.length ? 'are the same' : 'are inside each other';
      throw new TypeError(
        `import: the places ${at(outer)} of collection ${name} and ${at(inner)} of collection ${other} ${how}, but a record goes to one collection`,
      );
    }
  }
}

/** With inherited members, which count as wherever options are checked. */
function inherited(options: object): ImportOptions & { readonly collections?: unknown } {
  const all: Record<string, unknown> = {};
  for (const name in options) all[name] = (options as Record<string, unknown>)[name];
  return all;
}
