// The methods of a collection that read many records by an index: ranges, finds, counts. Texts become values in the rows
// (lookup/rows/row.ts). Each comes in two ways: asynchronously, and synchronously, which reads a frame that is not in memory
// while the thread waits.

import type { KeyValue } from '../../keys/encode.js';
import type { KeyPath } from '../../keys/key-path.js';
import { type RangeOptions, resolveRangeOptions } from '../../lookup/index/range.js';
import { distinctKeys, type KeyCount } from '../../lookup/rows/counting.js';
import type { FoundRow } from '../../lookup/rows/in-order.js';
import {
  type DistinctOptions,
  distinctRange,
  type EndOptions,
  endRange,
  type FindOptions,
  findRange,
} from '../../lookup/rows/options.js';
import { type OpenRange, openRange, type Reading, readRows, readRowsSync } from '../../lookup/rows/reading.js';
import { type Row, type RowContext, rowOf, type TextRow, textRowOf } from '../../lookup/rows/row.js';
import type { ValueForm } from '../../lookup/rows/value-form.js';

/** The reads of many records. T is the type of the records; nothing checks it. */
export class RowReads<T> {
  readonly #reading: Reading;
  readonly #row: (found: FoundRow, context: RowContext) => Row<T>;

  /** @internal */
  constructor(reading: Reading, form: ValueForm<T>) {
    this.#reading = reading;
    this.#row = (found, context) => rowOf(found, context, form);
  }

  /**
   * Yields rows in key order. A record that has several values in a secondary index appears once for each value. Records with
   * the same key are in source order; those that were changed since come after them.
   */
  range(options?: RangeOptions): AsyncGenerator<Row<T>> {
    return readRows(
      this.#open(() => resolveRangeOptions('range', options)),
      this.#row,
    );
  }

  /** Yields the same rows as `range`, synchronously. */
  rangeSync(options?: RangeOptions): Generator<Row<T>> {
    return readRowsSync(
      this.#open(() => resolveRangeOptions('rangeSync', options)),
      this.#row,
    );
  }

  /** Yields the same rows as `range`, with the records as JSON texts. */
  rangeText(options?: RangeOptions): AsyncGenerator<TextRow> {
    return readRows(
      this.#open(() => resolveRangeOptions('rangeText', options)),
      textRowOf,
    );
  }

  /** Yields the same rows as `rangeText`, synchronously. */
  rangeTextSync(options?: RangeOptions): Generator<TextRow> {
    return readRowsSync(
      this.#open(() => resolveRangeOptions('rangeTextSync', options)),
      textRowOf,
    );
  }

  /**
   * Yields a row for each record that has this value in a secondary index, in source order; records that were changed
   * since come after the others. The value may be of any length. For a composite index, the value is an array of the
   * values of all components.
   */
  find(index: KeyPath, value: KeyValue, options?: FindOptions): AsyncGenerator<Row<T>> {
    return readRows(
      this.#open(() => findRange('find', index, value, options)),
      this.#row,
    );
  }

  /** Yields the same rows as `find`, synchronously. */
  findSync(index: KeyPath, value: KeyValue, options?: FindOptions): Generator<Row<T>> {
    return readRowsSync(
      this.#open(() => findRange('findSync', index, value, options)),
      this.#row,
    );
  }

  /** Yields the same rows as `find`, with the records as JSON texts. */
  findText(index: KeyPath, value: KeyValue, options?: FindOptions): AsyncGenerator<TextRow> {
    return readRows(
      this.#open(() => findRange('findText', index, value, options)),
      textRowOf,
    );
  }

  /** Yields the same rows as `findText`, synchronously. */
  findTextSync(index: KeyPath, value: KeyValue, options?: FindOptions): Generator<TextRow> {
    return readRowsSync(
      this.#open(() => findRange('findTextSync', index, value, options)),
      textRowOf,
    );
  }

  /** Returns the first row of a range, or undefined if there is none. */
  async first(options?: EndOptions): Promise<Row<T> | undefined> {
    for await (const row of readRows(
      this.#open(() => endRange('first', options)),
      this.#row,
    ))
      return row;
    return undefined;
  }

  /** Returns the same row as `first`, synchronously. */
  firstSync(options?: EndOptions): Row<T> | undefined {
    for (const row of readRowsSync(
      this.#open(() => endRange('firstSync', options)),
      this.#row,
    ))
      return row;
    return undefined;
  }

  /** Returns the last row of a range, or undefined if there is none. */
  async last(options?: EndOptions): Promise<Row<T> | undefined> {
    for await (const row of readRows(
      this.#open(() => endRange('last', options)),
      this.#row,
    ))
      return row;
    return undefined;
  }

  /** Returns the same row as `last`, synchronously. */
  lastSync(options?: EndOptions): Row<T> | undefined {
    for (const row of readRowsSync(
      this.#open(() => endRange('lastSync', options)),
      this.#row,
    ))
      return row;
    return undefined;
  }

  /**
   * Yields the keys of a secondary index in order, each once, with the number of its records. It reads the index only,
   * unless some keys are too long for the index. To continue after a key, give it as `gt` (reversed: `lt`).
   */
  distinct(index: KeyPath, options?: DistinctOptions): Generator<KeyCount> {
    return distinctKeys(this.#open(() => distinctRange(index, options)));
  }

  /** Options are checked, and the state that is read is taken, when an iteration begins. */
  #open(options: () => RangeOptions): () => OpenRange {
    return () => openRange(this.#reading, options());
  }
}
