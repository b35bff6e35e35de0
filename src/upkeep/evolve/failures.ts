// [evolve]: the records that a migration cannot change, counted by operation, place and reason. Of each kind the first few are
// named.

import { MigrationFailure } from '../../evolve/failure.js';
import { type LineForm, reshapedLine } from '../../store/shards/line.js';
import type { FailureGroup, TrialResult } from './task.js';

/** Records named of each kind of failure. */
const SAMPLES_MAX = 3;
const OPEN_OBJECT = '{';

export class Failures {
  /** Records looked at. */
  records = 0;
  /** Frames that were read for it. */
  frames = 0;
  /** Whether each of them is an object. */
  areObjects = true;
  readonly #groups = new Map<string, FailureGroup>();

  get groups(): readonly FailureGroup[] {
    return [...this.#groups.values()];
  }

  get total(): number {
    return this.groups.reduce((sum, { records }) => sum + records, 0);
  }

  /** Makes the new shape of a record, and notes if that cannot be done. @throws what is no failure of a migration */
  look(line: string, form: LineForm, shard: number, ordinal: number): void {
    this.records++;
    try {
      const text = reshapedLine(line, form);
      if (!text.startsWith(OPEN_OBJECT)) this.areObjects = false;
    } catch (error) {
      if (!(error instanceof MigrationFailure)) throw error;
      const { operation, version, path, reason, message } = error;
      this.#add({ operation, version, path, reason, message, records: 1, first: [[shard, ordinal]] });
    }
  }

  /** Notes a record that has a new shape. */
  pass(isObject: boolean): void {
    this.records++;
    this.areObjects &&= isObject;
  }

  /** Takes what others have found. */
  addAll({ records, frames, areObjects, failures }: TrialResult): void {
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
