// [evolve]: shards > [undone] > failures
//
// A form of lines that makes the newer version of a record and takes migrations back again: to see for which records that cannot
// be done.

import { MigrationFailure } from '../../evolve/failure.js';
import { planOf } from '../../evolve/plan/plan.js';
import type { Functions, Migration } from '../../evolve/types.js';
import type { LineForm } from '../../store/shards/line.js';

/**
 * A record that has no newer version stays as it is stored.
 * @param undone migrations up to the version of the form, the first one first; undefined: the form itself
 */
export function formUndone(
  form: LineForm,
  undone: readonly Migration[] | undefined,
  functions: Functions | undefined,
): LineForm {
  const [first] = undone ?? [];
  if (first === undefined) return form;
  // The collection may have had another name for some of them.
  const plan = planOf(
    (undone as readonly Migration[]).map((one) => ({ ...one, collection: first.collection })),
    functions,
  );
  const of = (text: string): string => {
    const newer = newerOf(text, form);
    return newer === undefined ? text : plan.down(newer);
  };
  return { ...form, reshape: { of, back: undefined } };
}

function newerOf(text: string, { reshape }: LineForm): string | undefined {
  try {
    return reshape === undefined ? text : reshape.of(text);
  } catch (error) {
    if (error instanceof MigrationFailure) return undefined;
    throw error;
  }
}
