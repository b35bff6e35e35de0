// [evolve]: the records that a migration cannot change, counted by operation, place and reason. Of each kind the first few are
// named.

import { type FailureReason, MigrationFailure } from '../../evolve/failure.js';
import { type LineForm, reshapedLine } from '../../store/shards/line.js';
import type { keyCheck } from './keys.js';
import type { FailureGroup, TrialResult } from './task.js';

/** Records named of each kind of failure. */
const SAMPLES_MAX = 3;
const OPEN_OBJECT = '{';

/** Throws MigrationFailure if the key of a line is another one than that of the line before. */
type KeyCheck = ReturnType<typeof keyCheck>;
const HELPLESS: ReadonlySet<FailureReason> = new Set(['NO_FUNCTION', 'KEY_CHANGED']);

export class Failures {
  /** Records looked at. */
  records = 0;
  /** Frames that were read for it. */
  frames = 0;
  /** Whether each of them is an object. */
  areObjects = true;
  /** Where they are, if that is wanted: shard and ordinal. */
  readonly located: [shard: number, ordinal: number][] = [];
  readonly #locates: boolean;
  readonly #groups = new Map<string, FailureGroup>();

  /** @param locates whether the places of all failures are wanted, not only of the first */
  constructor(locates = false) {
    this.#locates = locates;
  }

  get groups(): readonly FailureGroup[] {
    return [...this.#groups.values()];
  }

  get total(): number {
    return this.groups.reduce((sum, { records }) => sum + records, 0);
  }

  /** Makes the new shape of a record, and notes if that cannot be done. @throws what is no failure of a migration */
  look(line: string, form: LineForm, shard: number, ordinal: number, checkKey?: KeyCheck): void {
    this.records++;
    try {
      const text = reshapedLine(line, form);
      checkKey?.(line, text);
      if (!text.startsWith(OPEN_OBJECT)) this.areObjects = false;
    } catch (error) {
      if (!(error instanceof MigrationFailure)) throw error;
      const { operation, version, path, reason, message } = error;
      if (this.#locates) this.located.push([shard, ordinal]);
      this.#add({ operation, version, path, reason, message, records: 1, first: [[shard, ordinal]] });
    }
  }

  /** Notes a record that has a new shape. */
  pass(isObject: boolean): void {
    this.records++;
    this.areObjects &&= isObject;
  }

  /** Those that nothing helps: a function is missing that could change the records, or it has changed the key. */
  get helpless(): Failures {
    const left = new Failures();
    for (const group of this.groups) if (HELPLESS.has(group.reason)) left.#add(group);
    return left;
  }

  /** Takes what others have found. */
  addAll({ records, frames, areObjects, failures, located }: TrialResult): void {
    this.located.push(...located);
    this.records += records;
    this.frames += frames;
    this.areObjects &&= areObjects;
    for (const group of failures) this.#add(group);
  }

  #add(group: FailureGroup): void {
    const { version, operation, path, reason } = group;
    const id = JSON.stringify([version, operation, path, reason]);
    const known = this.#groups.get(id);
    if (known === undefined) this.#groups.set(id, group);
    else {
      const first = [...known.first, ...group.first].slice(0, SAMPLES_MAX);
      this.#groups.set(id, { ...known, records: known.records + group.records, first });
    }
  }
}
