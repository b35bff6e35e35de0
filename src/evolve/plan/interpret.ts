// migration > plan > [interpreter]
//
// One operation after another on one record. It is what a plan means; compiled stages (compose.ts) do the same faster, and leave
// each record to it that is not as they expect.

import { RECORD_BYTES_MAX } from '../../base/limits.js';
import { Refusal } from '../failure.js';
import type { Action, Change, Context } from '../operations/kind.js';
import { kindOf } from '../operations/kinds.js';
import { type Slot, textOf } from '../text/tree.js';

/** What to throw for a refusal, and the number of the action that refused. */
export type FailureOf = (refusal: Refusal, at: number) => unknown;

/** @param failureOf Default: the refusal itself */
export function interpreted(
  actions: readonly Action[],
  context: Context,
  failureOf: FailureOf = (refusal) => refusal,
): Change {
  const steps = actions.map((action) => kindOf(action).apply(action, context));
  return (text) => {
    const record: Slot = { value: text };
    for (const [at, step] of steps.entries()) {
      try {
        step(record);
      } catch (error) {
        throw error instanceof Refusal ? failureOf(error, at) : error;
      }
    }
    try {
      return checkedSize(textOf(record.value));
    } catch (error) {
      throw error instanceof Refusal ? failureOf(error, steps.length - 1) : error;
    }
  };
}

/** Largest text: one of so many characters may have as many bytes. */
function checkedSize(text: string): string {
  if (text.length <= RECORD_BYTES_MAX) return text;
  throw new Refusal('RECORD_TOO_LARGE', [], `would have more than ${RECORD_BYTES_MAX} characters`);
}
