// key > index page > location > frame cache > frame > record, for many records in order: [the row]
//
// A row of a range or of `find`, as a user holds it. The cursor, and of texts the record's own key, are computed when they
// are asked for: a range that needs neither does not pay for them.

import { encodeKey, type KeyValue } from '../../keys/encode.js';
import type { KeyNames } from '../../keys/key-path.js';
import { recordName, recordText, textOfKeys } from '../../store/shards/line.js';
import type { Place } from '../../store/shards/place.js';
import { encodeCursor } from './cursor.js';
import type { FoundRow } from './in-order.js';
import { ownKeyIn, simpleKeyIn } from './own-key.js';
import type { ValueForm } from './value-form.js';

/** What the rows of one range have in common. */
export interface RowContext {
  /** What their cursors belong to. */
  readonly scope: string;
  readonly lineage: bigint;
  /** Whether their keys are those of a secondary index. */
  readonly isSecondary: boolean;
  /** Where the primary key is. Undefined if it is the name or the ordinal of the record. */
  readonly primary: KeyNames | undefined;
}

/** Shards of a transaction's own records have no number yet, and are beyond all others. */
export const UNCOMMITTED_SHARD = 2 ** 32;

abstract class AnyRow {
  /** The key of the row in the index that is read: the index that was given, or else the primary key. */
  readonly key: KeyValue;
  readonly #place: Place;
  readonly #context: RowContext;

  constructor({ key, place }: FoundRow, context: RowContext) {
    this.key = key;
    this.#place = place;
    this.#context = context;
  }

  /** The primary key of the record, as `get` takes it. */
  abstract get primaryKey(): KeyValue;

  /** The position of the row, as a text that is safe in URLs: option `after` of `range` and `find` continues after it. */
  get cursor(): string {
    const { scope, lineage, isSecondary } = this.#context;
    const key = encodeKey(this.key, 'keep');
    if (!isSecondary) return encodeCursor({ key }, scope);
    const { entry, ordinal } = this.#place;
    const location = entry.shard === UNCOMMITTED_SHARD ? undefined : { shard: entry.shard, ordinal };
    return encodeCursor({ key, among: { primary: encodeKey(this.primaryKey), lineage, location } }, scope);
  }

  /** Returns the whole row, with its primary key and cursor, for `JSON.stringify`. */
  toJSON(): object {
    return { ...this, primaryKey: this.primaryKey, cursor: this.cursor };
  }
}

/** A row of `range` and `find`. */
export class Row<T = unknown> extends AnyRow {
  /** The record, parsed, and decoded by the codec of the collection's handle. */
  readonly value: T;
  readonly #primaryKey: KeyValue;

  constructor(found: FoundRow, context: RowContext, form: ValueForm<T>) {
    super(found, context);
    const text = recordText(found.line, found.place.form);
    const record = form.parsed(text);
    const { isSecondary, primary } = context;
    // Now: the value is the reader's, who may change it. Keeping its text would take as much memory again.
    const isInRecord = isSecondary && primary !== undefined && found.place.form.newest === undefined;
    const simple = isInRecord ? simpleKeyIn(record, primary) : undefined;
    this.#primaryKey = simple ?? primaryKeyOf(found, context, text);
    this.value = form.decoded(record, this.#primaryKey) as T;
  }

  get primaryKey(): KeyValue {
    return this.#primaryKey;
  }
}

/** A row of `rangeText` and `findText`. */
export class TextRow extends AnyRow {
  /** The JSON text of the record, with all tokens spelled as in the source. */
  readonly text: string;
  readonly #found: FoundRow;
  readonly #of: RowContext;

  constructor(found: FoundRow, context: RowContext) {
    super(found, context);
    this.text = recordText(found.line, found.place.form);
    this.#found = found;
    this.#of = context;
  }

  get primaryKey(): KeyValue {
    return primaryKeyOf(this.#found, this.#of, this.text);
  }
}

function primaryKeyOf({ key, line, place }: FoundRow, { isSecondary, primary }: RowContext, text: string): KeyValue {
  if (!isSecondary) return key;
  if (primary !== undefined) return ownKeyIn(textOfKeys(line, place.form, text), primary);
  const { entry, ordinal } = place;
  return entry.named ? recordName(line) : entry.firstOrdinal + ordinal;
}
