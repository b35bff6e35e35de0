// [schema]: records, one by one, against a schema.

import { SchemaCheck } from '../../import/rules/validate.js';
import { type LineForm, recordText } from '../../store/shards/line.js';
import type { CheckResult, InvalidRecord } from './task.js';

/** Records that an error names. */
export const NAMED_MAX = 3;

/** Checks records of one shard. */
export class RecordCheck implements CheckResult {
  readonly #check: SchemaCheck;
  readonly #form: LineForm;
  readonly first: InvalidRecord[] = [];
  invalid = 0;

  /** @param form of the lines */
  constructor(schema: string, form: LineForm) {
    this.#check = SchemaCheck.of([schema]);
    this.#form = form;
  }

  /** @throws GristmillError CHECKSUM_MISMATCH for what is no line of a shard */
  take(ordinal: number, line: string): void {
    const violation = this.#check.violation(recordText(line, this.#form));
    if (violation === undefined) return;
    this.invalid++;
    if (this.first.length < NAMED_MAX) this.first.push({ ordinal, violation });
  }
}
