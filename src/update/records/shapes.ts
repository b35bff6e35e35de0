// record > line, keys > [overlay] > pages > transaction
//
// The shapes that records have for a handle of a transaction: in which they are stored, or are to be stored; in which the handle
// gives and takes them; and the newest one, which has the keys.

import type { KeyValue } from '../../keys/encode.js';
import type { Lookup } from '../../lookup/lookup.js';
import { Forms } from '../../store/shards/forms.js';
import { ownForm, recordText, storedText } from '../../store/shards/line.js';
import type { CollectionManifest } from '../../store/types.js';
import { type KeyPlan, keyOfRecord, type NewRecord, recordOfText } from './record.js';
import { type ShapedText, shownLine } from './shaped.js';
import { recordInVersion } from './versions.js';

interface Collection {
  readonly manifest: CollectionManifest;
  readonly plan: KeyPlan;
  /** Reads it in the newest version. Undefined where the transaction has made it. */
  readonly stored: Lookup | undefined;
}

/** Of a collection that the transaction has made. */
const NO_FORMS = new Forms(undefined, 0);

export class RecordShapes {
  readonly #manifest: CollectionManifest;
  readonly #plan: KeyPlan;
  readonly #stored: Lookup | undefined;
  /** Reads the collection in the version of the handle. Undefined: the handle has none of its own. */
  readonly #inVersion: Lookup | undefined;

  constructor({ manifest, plan, stored }: Collection, inVersion: Lookup | undefined) {
    this.#manifest = manifest;
    this.#plan = plan;
    this.#stored = stored;
    this.#inVersion = inVersion;
  }

  /** Whether the handle has a version of its own: then a record that is put keeps what the version cannot see. */
  get areOfVersion(): boolean {
    return this.#inVersion !== undefined;
  }

  /** Whether the handle gives records as the collection has them. */
  get areNewest(): boolean {
    return this.#shape === this.#newest;
  }

  /** Reads stored records as the handle gives them. */
  get lookup(): Lookup | undefined {
    return this.#inVersion ?? this.#stored;
  }

  /** The text of a record that the transaction has made, as the handle gives it. @throws GristmillError MIGRATION_FAILED */
  shown(record: NewRecord): string {
    const { inline, form } = shownLine(record, this.#manifest, this.#inVersion?.generation().forms);
    return recordText(inline, form);
  }

  /** The text of a record as the handle gives it. @throws GristmillError MIGRATION_FAILED */
  given(record: ShapedText): string {
    return this.#forms.reshaped(record, this.#shape);
  }

  /**
   * A record as it is stored, or as the transaction is to store it. Undefined: there is none.
   * @param changed what the transaction has made of it; undefined: nothing
   */
  stored(key: KeyValue, changed: NewRecord | 'deleted' | undefined): ShapedText | undefined {
    if (changed === 'deleted') return undefined;
    const own = ownForm(this.#manifest);
    if (changed !== undefined) {
      const { line, shape } = changed.kept ?? { line: changed.line, shape: own.shape };
      return { text: storedText(line, own), shape };
    }
    const place = this.#stored?.place(key);
    if (place === undefined) return undefined;
    const [line] = this.#stored!.fetch.linesSync([place]);
    return { text: storedText(line!, own), shape: place.entry.shape ?? 0 };
  }

  /** The text of a record in the newest version. @throws GristmillError MIGRATION_FAILED */
  newest(record: ShapedText): string {
    return this.#forms.reshaped(record, this.#newest);
  }

  /** The key of a record that the handle takes. @param text JSON without white space between tokens @throws GristmillError MIGRATION_FAILED; as `recordOfText` */
  keyOf(text: string, name: string | undefined): KeyValue | undefined {
    const newest = this.newest({ text, shape: this.#shape });
    return keyOfRecord(recordOfText(newest, this.#plan, name));
  }

  /** A record that the handle takes, to be stored. @param text as for `keyOf` @param before see `recordInVersion` @throws as `recordInVersion` */
  record(text: string, name: string | undefined, before: ShapedText | undefined): NewRecord {
    const into = { manifest: this.#manifest, forms: this.#forms, plan: this.#plan, name };
    return recordInVersion({ text, shape: this.#shape }, before, into);
  }

  get #forms(): Forms {
    return this.#stored?.generation().forms ?? NO_FORMS;
  }

  get #shape(): number {
    return this.#inVersion?.generation().forms.shape ?? this.#newest;
  }

  get #newest(): number {
    return this.#manifest.shape ?? 0;
  }
}
