// record > [line, keys] > overlay > pages > transaction
//
// A record as it was when `put` was called: the transaction runs later, and the caller may change the value meanwhile. Its
// line and keys are made then, too, while the commit before it is being synced.

import type { CollectionManifest } from '../../store/types.js';
import { type KeyPlan, keyPlanOf, type NewRecord, planText, recordOfText, recordOfWritten, written } from './record.js';

/** A manifest is asked for its plan by every put, and changes with every commit. */
const plans = new WeakMap<CollectionManifest, { readonly plan: KeyPlan; readonly text: string }>();

export function planOf(manifest: CollectionManifest): { readonly plan: KeyPlan; readonly text: string } {
  let known = plans.get(manifest);
  if (known === undefined) {
    known = { plan: keyPlanOf(manifest), text: planText(manifest) };
    plans.set(manifest, known);
  }
  return known;
}

export class PreparedRecord {
  readonly #text: string;
  readonly #name: string | undefined;
  readonly #make: typeof recordOfText;
  readonly #planText: string;
  readonly #record: NewRecord;

  private constructor(text: string, manifest: CollectionManifest, name: string | undefined, make: typeof recordOfText) {
    const { plan, text: planText } = planOf(manifest);
    this.#text = text;
    this.#name = name;
    this.#make = make;
    this.#planText = planText;
    this.#record = make(text, plan, name);
  }

  /** @throws as `recordOfValue` */
  static ofValue(value: unknown, manifest: CollectionManifest, name: string | undefined): PreparedRecord {
    return new PreparedRecord(written(value), manifest, name, recordOfWritten);
  }

  /** @throws as `recordOfText` */
  static ofText(text: string, manifest: CollectionManifest, name: string | undefined): PreparedRecord {
    return new PreparedRecord(text, manifest, name, recordOfText);
  }

  /** The record; made again where the keys of the collection have changed since. @throws as `recordOfText` */
  recordFor(manifest: CollectionManifest, plan: KeyPlan): NewRecord {
    return planOf(manifest).text === this.#planText ? this.#record : this.#make(this.#text, plan, this.#name);
  }
}
