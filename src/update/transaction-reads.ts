// [record > line, keys > overlay] > pages > transaction
//
// The reads of many records within a transaction. They see its changes. They are synchronous, as the transaction is.

import type { KeyValue } from '../keys/encode.js';
import type { KeyPath } from '../keys/key-path.js';
import { type RangeOptions, resolveBounds, resolveRangeOptions } from '../lookup/index/range.js';
import type { Lookup } from '../lookup/lookup.js';
import { distinctKeys, type KeyCount } from '../lookup/rows/counting.js';
import {
  type DistinctOptions,
  distinctRange,
  type EndOptions,
  endRange,
  type FindOptions,
  findRange,
} from '../lookup/rows/options.js';
import { inNewest, type LineReader, type OpenRange, readRowsSync, resolvedRange } from '../lookup/rows/reading.js';
import { type Row, rowOf, type TextRow, textRowOf } from '../lookup/rows/row.js';
import { StoredSource } from '../lookup/rows/source.js';
import type { ValueForm } from '../lookup/rows/value-form.js';
import type { StoreHeader } from '../store/types.js';
import type { GroupCollection } from './group.js';
import { OverlaySource } from './overlay/overlay-source.js';

/** What the reads of a collection within a transaction need. */
export interface TransactionState<T> {
  readonly changed: GroupCollection;
  /** Reads the collection in the version of the handle. Undefined: in the newest one. */
  readonly inVersion: Lookup | undefined;
  readonly form: ValueForm<T>;
  readonly header: StoreHeader;
  /** @throws TypeError when the transaction is over */
  readonly assertUsable: () => void;
}

/**
 * Options of reads within a transaction: the same as elsewhere, without what has no meaning there. A transaction sees the newest state, in
 * the version of the handle.
 */
export type WithoutFreshness<Options> = Omit<Options, 'freshness' | 'schemaVersion'>;

/** The reads of many records of a collection inside a transaction. They see its changes, and are synchronous. */
export class TransactionReads<T> {
  readonly #state: TransactionState<T>;

  /** @internal */
  constructor(state: TransactionState<T>) {
    this.#state = state;
  }

  /**
   * Yields rows in key order, as the `range` of a collection, synchronously. It sees the changes that this transaction made
   * before the iteration began.
   */
  range(options?: WithoutFreshness<RangeOptions>): Generator<Row<T>> {
    return this.#rows(() => resolveRangeOptions('range', options));
  }

  /** Yields the same rows as `range`, with the records as JSON texts. */
  rangeText(options?: WithoutFreshness<RangeOptions>): Generator<TextRow> {
    return this.#texts(() => resolveRangeOptions('rangeText', options));
  }

  /** Yields a row for each record that has this value in a secondary index, as the `find` of a collection, synchronously. */
  find(index: KeyPath, value: KeyValue, options?: WithoutFreshness<FindOptions>): Generator<Row<T>> {
    return this.#rows(() => findRange('find', index, value, options));
  }

  /** Yields the same rows as `find`, with the records as JSON texts. */
  findText(index: KeyPath, value: KeyValue, options?: WithoutFreshness<FindOptions>): Generator<TextRow> {
    return this.#texts(() => findRange('findText', index, value, options));
  }

  /** Returns the first row of a range, or undefined if there is none. */
  first(options?: WithoutFreshness<EndOptions>): Row<T> | undefined {
    for (const row of this.#rows(() => endRange('first', options))) return row;
    return undefined;
  }

  /** Returns the last row of a range, or undefined if there is none. */
  last(options?: WithoutFreshness<EndOptions>): Row<T> | undefined {
    for (const row of this.#rows(() => endRange('last', options))) return row;
    return undefined;
  }

  /** Yields the keys of a secondary index in order, each once, with the number of its records. */
  distinct(index: KeyPath, options?: WithoutFreshness<DistinctOptions>): Generator<KeyCount> {
    return distinctKeys(() => openWithin(this.#state, distinctRange(index, options)));
  }

  #rows(options: () => RangeOptions): Generator<Row<T>> {
    return readRowsSync(this.#opening(options), (found, context) => rowOf(found, context, this.#state.form));
  }

  #texts(options: () => RangeOptions): Generator<TextRow> {
    return readRowsSync(this.#opening(options), textRowOf);
  }

  #opening(options: () => RangeOptions): () => OpenRange {
    return () => openWithin(this.#state, options());
  }
}

/** @throws as `openRange`; TypeError when the transaction is over */
export function openWithin(
  { changed, inVersion, header, assertUsable }: TransactionState<unknown>,
  options: RangeOptions,
): OpenRange {
  const stored = inVersion ?? changed.stored;
  assertUsable();
  if (options.freshness !== undefined) {
    throw new TypeError('a transaction sees the newest state, so its reads have no option freshness');
  }
  if (options.schemaVersion !== undefined) {
    throw new TypeError('in a transaction, option schemaVersion is one of `collection`, not of its reads');
  }
  const bounds = resolveBounds(options);
  const held = stored?.hold();
  const release = (): void => {
    held?.snapshot.release();
    held?.generation.release();
  };
  try {
    const forms = inVersion?.generation().forms;
    const newest = forms === undefined ? options : inNewest(options, forms);
    const source = held && new StoredSource(held.generation, held.snapshot, newest.index);
    const overlaid = new OverlaySource(changed, newest.index, source, forms);
    const range = { name: changed.manifest.name, lines: linesWithin(stored, assertUsable), release };
    return { ...range, ...resolvedRange(overlaid, bounds, newest, () => header) };
  } catch (error) {
    release();
    throw error;
  }
}

/** The lines of stored records; those of the transaction's own are in their places. */
function linesWithin(stored: Lookup | undefined, assertUsable: () => void): LineReader {
  const linesSync: LineReader['linesSync'] = (places) => {
    assertUsable();
    return stored === undefined ? places.map(({ inline }) => inline!) : stored.fetch.linesSync(places);
  };
  return { linesSync, lines: (places) => Promise.resolve(linesSync(places)) };
}
