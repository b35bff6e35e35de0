// record > [line, keys] > overlay > pages > transaction
//
// A record that is changed as one version of its collection has it. What this version cannot see is kept from the record as it
// was: what newer versions have added, and what migrations since have hidden, so that who reads or returns to an older version
// finds it. The record is stored in one shape, in which all of these are found.

import { GristmillError } from '../../base/errors.js';
import { MigrationFailure } from '../../evolve/failure.js';
import { restored } from '../../evolve/plan/restore.js';
import type { Forms } from '../../store/shards/forms.js';
import { ownForm, withText } from '../../store/shards/line.js';
import type { CollectionManifest } from '../../store/types.js';
import { type KeyPlan, type NewRecord, recordOfText } from './record.js';
import { haveSameMembers } from './same-members.js';
import type { ShapedText } from './shaped.js';

/** The collection that a record is stored in. */
interface Into {
  readonly manifest: CollectionManifest;
  readonly forms: Forms;
  readonly plan: KeyPlan;
  /** Of a record whose key is its name. */
  readonly name: string | undefined;
}

/**
 * The record to be stored.
 * @param given as the version has it in which it is changed: JSON without white space between tokens
 * @param before the record as it is stored; undefined: there is none, or nothing of it is to be kept
 * @throws GristmillError MIGRATION_FAILED if there is no such record of the newest version; MIGRATION_REFUSED if no shape has all
 * that is to be kept; as `recordOfText`
 */
export function recordInVersion(given: ShapedText, before: ShapedText | undefined, into: Into): NewRecord {
  const { manifest, forms, plan, name } = into;
  const { shape: newest = 0 } = manifest;
  const isHiding = before !== undefined && forms.hides(before);
  if (given.shape === newest && !isHiding) return recordOfText(given.text, plan, name);
  const changed = new ChangedRecord(given, before, forms);
  // Where the newest version shows all, those before it find all in it.
  const seen = forms.hides(given) ? forms.since(given.shape) : [given.shape];
  const wanted = [...new Set([newest, ...seen, ...(isHiding ? [before.shape] : [])])];
  // A version in between may have members that the wanted ones do not have together.
  const between = [...forms.since(given.shape), ...(before === undefined ? [] : forms.since(before.shape))];
  const shapes = [...new Set([...wanted, ...between])];
  const shape =
    shapes.find((one) => changed.shows(one, wanted, isEqual)) ??
    shapes.find((one) => changed.shows(one, wanted, haveSameMembers));
  if (shape === undefined) throw cannotKeep(manifest.name);
  const text = changed.text(shape);
  const record = recordOfText(forms.reshaped({ text, shape }, newest), plan, name);
  if (shape === newest) return record;
  return { ...record, kept: { line: withText(record.line, ownForm(manifest), text), shape } };
}

/** A record after a change, in any shape. */
class ChangedRecord {
  readonly #given: ShapedText;
  readonly #before: ShapedText | undefined;
  readonly #forms: Forms;
  readonly #texts = new Map<number, string>();

  constructor(given: ShapedText, before: ShapedText | undefined, forms: Forms) {
    this.#given = given;
    this.#before = before;
    this.#forms = forms;
  }

  /** With all that was in the record of this shape, but for what the change says. @throws GristmillError MIGRATION_FAILED */
  text(shape: number): string {
    let text = this.#texts.get(shape);
    if (text === undefined) {
      text = this.#textOf(shape);
      this.#texts.set(shape, text);
    }
    return text;
  }

  /** Whether each of the wanted shapes finds its record in that of one shape. */
  shows(shape: number, wanted: readonly number[], isSame: (one: string, other: string) => boolean): boolean {
    // What cannot be made in a wanted shape is an error.
    const texts = wanted.map((to) => [to, this.text(to)] as const);
    try {
      const text = this.text(shape);
      return texts.every(([to, other]) => isSame(this.#forms.reshaped({ text, shape }, to), other));
    } catch (error) {
      if (error instanceof MigrationFailure) return false;
      throw error;
    }
  }

  #textOf(to: number): string {
    const forms = this.#forms;
    const [given, before] = [this.#given, this.#before];
    if (to === given.shape) return given.text;
    const text = forms.reshaped(given, to);
    if (before === undefined) return text;
    const seen = { text: forms.reshaped(before, given.shape), shape: given.shape };
    return restored(forms.reshaped(before, to), forms.reshaped(seen, to), text);
  }
}

function isEqual(one: string, other: string): boolean {
  return one === other;
}

function cannotKeep(collection: string): GristmillError {
  const message = `the change of a record of collection ${collection} cannot be stored together with what other versions have in that record, because no version has members for all of it; nothing was changed: make the migrations final first (gristmill evolve finalize), or put the whole record in the newest version`;
  return new GristmillError('MIGRATION_REFUSED', message);
}
