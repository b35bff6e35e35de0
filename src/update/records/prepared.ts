// record > [line, keys] > overlay > pages > transaction
//
// A record as it was when `put` was called: the transaction runs later, and the caller may change the value meanwhile. Its
// line and keys are made then, too, while the commit before it is being synced.

import type { SealKeys } from '../../store/seal/types.js';
import type { CollectionManifest } from '../../store/types.js';
import { type KeyPlan, keyPlanOf, type NewRecord, planText, recordOfText, recordOfWritten, written } from './record.js';

interface Plan {
  readonly plan: KeyPlan;
  readonly text: string;
}

/** A manifest is asked for its plan by every put, and changes with every commit. */
const plans = new WeakMap<CollectionManifest, Plan>();
/** By their texts. Plans with hidden keys are not among them: they have secrets, which go with their store. */
const openPlans = new Map<string, Plan>();
const OPEN_PLANS_MAX = 256;

export function planOf(manifest: CollectionManifest, seal: SealKeys | undefined): Plan {
  let known = plans.get(manifest);
  if (known === undefined) {
    const text = planText(manifest);
    known = manifest.keySalt === undefined ? openPlan(manifest, text) : { plan: keyPlanOf(manifest, seal), text };
    plans.set(manifest, known);
  }
  return known;
}

function openPlan(manifest: CollectionManifest, text: string): Plan {
  let known = openPlans.get(text);
  if (known === undefined) {
    if (openPlans.size === OPEN_PLANS_MAX) openPlans.clear();
    known = { plan: keyPlanOf(manifest, undefined), text };
    openPlans.set(text, known);
  }
  return known;
}

/** The collection that a record is put into, and the keys of its store where it is encrypted. */
export interface PutInto {
  readonly manifest: CollectionManifest;
  readonly seal: SealKeys | undefined;
}

export class PreparedRecord {
  readonly #text: string;
  readonly #name: string | undefined;
  readonly #make: typeof recordOfText;
  readonly #planText: string;
  readonly #record: NewRecord;

  private constructor(text: string, { manifest, seal }: PutInto, name: string | undefined, make: typeof recordOfText) {
    const { plan, text: planText } = planOf(manifest, seal);
    this.#text = text;
    this.#name = name;
    this.#make = make;
    this.#planText = planText;
    this.#record = make(text, plan, name);
  }

  /** @throws as `recordOfValue` */
  static ofValue(value: unknown, into: PutInto, name: string | undefined): PreparedRecord {
    return new PreparedRecord(written(value), into, name, recordOfWritten);
  }

  /** @throws as `recordOfText` */
  static ofText(text: string, into: PutInto, name: string | undefined): PreparedRecord {
    return new PreparedRecord(text, into, name, recordOfText);
  }

  /** The record; made again where the keys of the collection have changed since. @throws as `recordOfText` */
  recordFor(manifest: CollectionManifest, plan: KeyPlan): NewRecord {
    const text = plans.get(manifest)?.text ?? planText(manifest);
    return text === this.#planText ? this.#record : this.#make(this.#text, plan, this.#name);
  }
}
