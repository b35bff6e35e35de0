// key > index page > location > frame cache > frame > record, for many records in order
//
// Iterations hold one generation and a snapshot of the catalog from beginning to end: they see exactly the records of one
// publication, however long they take and whatever is published meanwhile. While they last, LMDB cannot reuse the pages
// they may still read: an iteration that nobody goes on with should be ended (`break`, `return`).

import { isSamePath, type KeyPath, namesOf } from '../../keys/key-path.js';
import type { Freshness } from '../../options/freshness.js';
import type { Forms } from '../../store/shards/forms.js';
import type { Place } from '../../store/shards/place.js';
import type { CollectionManifest, StoreHeader } from '../../store/types.js';
import { hiddenBounds } from '../index/hidden-range.js';
import { checkBoundsForm } from '../index/key-form.js';
import { type Bounds, type RangeOptions, resolveBounds } from '../index/range.js';
import { replacedMeanwhile } from '../iterate.js';
import type { Lookup } from '../lookup.js';
import { type FoundRow, rowsInOrder, type Step } from './in-order.js';
import { boundsAfterCursor, lineageOf, scopeOf } from './position.js';
import type { RowContext } from './row.js';
import { type RowSource, StoredSource } from './source.js';

/**
 * The read path of a collection.
 * @param schemaVersion in which records are read; undefined: that of the handle
 * @throws TypeError for a freshness that is none, or that has no meaning here; GristmillError VERSION_MISMATCH
 */
export type Reading = (freshness?: Freshness, schemaVersion?: number) => Lookup;

/** Lines of places, in their order. */
export interface LineReader {
  lines(places: readonly Place[]): Promise<readonly (string | undefined)[]>;
  linesSync(places: readonly Place[]): readonly string[];
}

/** A range that is being read. Release it. */
export interface OpenRange {
  readonly source: RowSource;
  readonly bounds: Bounds;
  readonly context: RowContext;
  readonly lines: LineReader;
  /** Its collection, to name in errors. */
  readonly name: string;
  release(): void;
}

/** @throws TypeError; GristmillError INDEX_NOT_FOUND, CURSOR_EXPIRED, COLLECTION_NOT_FOUND */
export function openRange(reading: Reading, options: RangeOptions): OpenRange {
  const bounds = resolveBounds(options);
  const lookup = reading(options.freshness, options.schemaVersion);
  const { generation, snapshot } = lookup.hold();
  const release = (): void => {
    snapshot.release();
    generation.release();
  };
  try {
    const newest = inNewest(options, generation.forms);
    const source = new StoredSource(generation, snapshot, newest.index);
    const range = { name: lookup.name, lines: lookup.fetch, release };
    return { ...range, ...resolvedRange(source, bounds, newest, () => snapshot.header()) };
  } catch (error) {
    release();
    throw error;
  }
}

/** The options with the path that an index of another version has in the newest one. */
export function inNewest<Options extends Pick<RangeOptions, 'index'>>(options: Options, forms: Forms): Options {
  const { index } = options;
  return index === undefined || !forms.areOlder ? options : { ...options, index: forms.newestPath(index) };
}

/**
 * What a range of a source is: its options checked against the index.
 * @param header is called where the collection's state is met for the first time
 */
export function resolvedRange(
  source: RowSource,
  bounds: Bounds,
  options: RangeOptions,
  header: () => StoreHeader,
): Pick<OpenRange, 'source' | 'bounds' | 'context'> {
  const { manifest } = source;
  checkBoundsForm(manifest, options);
  const context = contextOf(manifest, options, header);
  const known = hiddenBounds(source, bounds, options);
  return { source, bounds: boundsAfterCursor(source, known, options.after, context), context };
}

/** What the rows of each index have in common, for the states of collections that are in memory. */
const contexts = new WeakMap<
  CollectionManifest,
  { readonly index: KeyPath | undefined; readonly context: RowContext }[]
>();

function contextOf(manifest: CollectionManifest, { index }: RangeOptions, header: () => StoreHeader): RowContext {
  const known = contexts.get(manifest) ?? [];
  const found = known.find((one) => one.index === index || (index && one.index && isSamePath(one.index, index)));
  if (found !== undefined) return found.context;
  const context = {
    scope: scopeOf(manifest, index),
    lineage: lineageOf(header(), manifest),
    isByPrimary: index === undefined,
    primary: manifest.key.kind === 'path' ? namesOf(manifest.key.path) : undefined,
  };
  contexts.set(manifest, [...known, { index, context }]);
  return context;
}

/** The rows of a range. @param open is called when the iteration begins. @param make makes the row that the user gets */
export async function* readRows<R>(
  open: () => OpenRange,
  make: (found: FoundRow, context: RowContext) => R,
): AsyncGenerator<R> {
  const range = open();
  const steps = rowsInOrder(range.source, range.bounds);
  try {
    let left = range.bounds.limit;
    for (let step = begin(steps, left); !step.done; ) {
      if ('needs' in step.value) {
        step = steps.next((await range.lines.lines(step.value.needs)) as readonly string[]);
        continue;
      }
      for (const found of step.value.rows) {
        yield make(found, range.context);
        if (--left === 0) return;
      }
      step = steps.next([]);
    }
  } catch (error) {
    throw replacedMeanwhile(error, range.name);
  } finally {
    steps.return();
    range.release();
  }
}

/** The same, synchronously: frames that are not in memory are read while the thread waits. */
export function* readRowsSync<R>(
  open: () => OpenRange,
  make: (found: FoundRow, context: RowContext) => R,
): Generator<R> {
  const range = open();
  const steps = rowsInOrder(range.source, range.bounds);
  try {
    let left = range.bounds.limit;
    for (let step = begin(steps, left); !step.done; ) {
      if ('needs' in step.value) {
        step = steps.next(range.lines.linesSync(step.value.needs));
        continue;
      }
      for (const found of step.value.rows) {
        yield make(found, range.context);
        if (--left === 0) return;
      }
      step = steps.next([]);
    }
  } catch (error) {
    throw replacedMeanwhile(error, range.name);
  } finally {
    steps.return();
    range.release();
  }
}

function begin(steps: Generator<Step, void, readonly string[]>, limit: number): IteratorResult<Step, void> {
  return limit === 0 ? { done: true, value: undefined } : steps.next([]);
}
