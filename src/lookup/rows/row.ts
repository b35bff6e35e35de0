// key > index page > location > frame cache > frame > record, for many records in order: [the row]
//
// A row of a range, of `find` or of a scan, as a user holds it. The cursor, and of texts the record's own key, are computed
// when they are asked for: who needs neither does not pay for them.

import { encodeKey, type KeyValue } from '../../keys/encode.js';
import type { KeyNames } from '../../keys/key-path.js';
import { recordName, recordText, textOfKeys } from '../../store/shards/line.js';
import type { Place } from '../../store/shards/place.js';
import { encodeCursor } from './cursor.js';
import type { FoundRow } from './in-order.js';
import { ownKeyIn, simpleKeyIn } from './own-key.js';
import type { ValueForm } from './value-form.js';

/** What rows have, whatever form their records have. */
export interface RowPosition {
  /**
   * The key of the row in the order that is read: of the secondary index, if one was given, or else the primary key. The rows of a
   * scan have their primary keys.
   */
  readonly key: KeyValue;
  /** The primary key of the record, as `get` takes it. */
  readonly primaryKey: KeyValue;
  /**
   * The position of the row, as a text that is safe in URLs. Option `after` of the method that gave the row continues after it.
   */
  readonly cursor: string;
  /** Returns the whole row, with its primary key and cursor, for `JSON.stringify`. */
  toJSON(): object;
}

/** A record with its keys and its position, as `range`, `find`, `first`, `last` and `scan` give it. */
export interface Row<T = unknown> extends RowPosition {
  /** The record, parsed, and decoded by the codec of the handle. It belongs to the reader, who may change it. */
  readonly value: T;
}

/** The same as `Row`, with the record as its text: from `rangeText`, `findText` and `scanText`. */
export interface TextRow extends RowPosition {
  /** The JSON text of the record, with all tokens spelled as in the source. */
  readonly text: string;
}

/** What the rows of one reading have in common. */
export interface RowContext {
  /** What their cursors belong to. */
  readonly scope: string;
  readonly lineage: bigint;
  /** Whether rows are in the order of their primary keys, by which they were found. */
  readonly isByPrimary: boolean;
  /** Where the primary key is. Undefined if it is the name or the ordinal of the record. */
  readonly primary: KeyNames | undefined;
}

/** A record that was found. Without a key, its primary key is that of the row. */
export type Found = Omit<FoundRow, 'key'> & Partial<Pick<FoundRow, 'key'>>;

/** Shards of a transaction's own records have no number yet, and are beyond all others. */
export const UNCOMMITTED_SHARD = 2 ** 32;

abstract class AnyRow {
  readonly #place: Place;
  readonly #context: RowContext;

  constructor(place: Place, context: RowContext) {
    this.#place = place;
    this.#context = context;
  }

  abstract get key(): KeyValue;

  abstract get primaryKey(): KeyValue;

  get cursor(): string {
    const { scope, lineage, isByPrimary } = this.#context;
    const key = encodeKey(this.key, 'keep');
    if (isByPrimary) return encodeCursor({ key }, scope);
    const { entry, ordinal } = this.#place;
    const location = entry.shard === UNCOMMITTED_SHARD ? undefined : { shard: entry.shard, ordinal };
    return encodeCursor({ key, among: { primary: encodeKey(this.primaryKey), lineage, location } }, scope);
  }

  toJSON(): object {
    const { key, primaryKey, cursor } = this;
    return { ...this, key, primaryKey, cursor };
  }
}

class ValueRow<T> extends AnyRow implements Row<T> {
  readonly key: KeyValue;
  readonly value: T;
  readonly #primaryKey: KeyValue;

  constructor(found: Found, context: RowContext, form: ValueForm<T>) {
    super(found.place, context);
    const text = recordText(found.line, found.place.form);
    const record = form.parsed(text);
    const { isByPrimary, primary } = context;
    // Now: the value is the reader's, who may change it. Keeping its text would take as much memory again.
    const isInRecord = !isByPrimary && primary !== undefined && found.place.form.newest === undefined;
    const simple = isInRecord ? simpleKeyIn(record, primary) : undefined;
    this.#primaryKey = simple ?? primaryKeyOf(found, context, text);
    this.key = found.key === undefined ? this.#primaryKey : found.key;
    this.value = form.decoded(record, this.#primaryKey) as T;
  }

  get primaryKey(): KeyValue {
    return this.#primaryKey;
  }
}

abstract class AnyTextRow extends AnyRow {
  readonly text: string;
  readonly #found: Found;
  readonly #of: RowContext;

  constructor(found: Found, context: RowContext) {
    super(found.place, context);
    this.text = recordText(found.line, found.place.form);
    this.#found = found;
    this.#of = context;
  }

  get primaryKey(): KeyValue {
    return primaryKeyOf(this.#found, this.#of, this.text);
  }
}

class FoundTextRow extends AnyTextRow implements TextRow {
  readonly key: KeyValue;

  constructor(found: FoundRow, context: RowContext) {
    super(found, context);
    this.key = found.key;
  }
}

/** Its key is in the text, which nobody has parsed. */
class ScannedTextRow extends AnyTextRow implements TextRow {
  get key(): KeyValue {
    return this.primaryKey;
  }
}

/** @throws as `ValueForm.decoded` */
export function rowOf<T>(found: Found, context: RowContext, form: ValueForm<T>): Row<T> {
  return new ValueRow(found, context, form);
}

export function textRowOf(found: FoundRow, context: RowContext): TextRow {
  return new FoundTextRow(found, context);
}

export function scannedTextRowOf(found: Found, context: RowContext): TextRow {
  return new ScannedTextRow(found, context);
}

function primaryKeyOf({ key, line, place }: Found, { isByPrimary, primary }: RowContext, text: string): KeyValue {
  if (isByPrimary) return key!;
  if (primary !== undefined) return ownKeyIn(textOfKeys(line, place.form, text), primary);
  const { entry, ordinal } = place;
  return entry.named ? recordName(line) : entry.firstOrdinal + ordinal;
}
