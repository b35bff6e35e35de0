// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// Plans a source that may be left out (option `onBadFile`): one that cannot be read has no plan, one that is empty has a
// plan without records, so that a synchronisation knows it again.

import type { BadFiles } from '../../base/bad-files.js';
import { GristmillError } from '../../base/errors.js';
import type { Pause } from '../../parallel/pause.js';
import type { Fingerprint } from '../source/source.js';
import { type PlanOptions, planSource, type SourcePlan } from './plan.js';

/** Which source it is, and which state of it is read; by default the present one. */
interface Which {
  readonly source: number;
  readonly expected?: Fingerprint | undefined;
}

/** @returns undefined for a source that is left out. @throws as `planSource` */
export async function planUnlessBad(
  path: string,
  options: PlanOptions,
  pause: Pause,
  { source, expected }: Which,
  bad: BadFiles,
): Promise<SourcePlan | undefined> {
  try {
    return await planSource(path, options, pause, source, '', expected);
  } catch (error) {
    const isEmpty = error instanceof GristmillError && error.code === 'SOURCE_EMPTY';
    if (!isEmpty || !bad.areLeftOut) return bad.addOrThrow(error, path);
    const asLines = { ...options, select: undefined, shape: 'ndjson', allowEmpty: true } as const;
    try {
      return { ...(await planSource(path, asLines, pause, source, '', expected)), isEmpty: error.message };
    } catch (changed) {
      return bad.addOrThrow(changed, path);
    }
  }
}

/** Gives empty sources the layout of the others: they have no records that it could contradict. */
export function withoutOddOnes(plans: readonly SourcePlan[]): readonly SourcePlan[] {
  const other = plans.find(({ isEmpty, files }) => isEmpty === undefined && files === undefined);
  if (other === undefined) return plans;
  const { shape, framing } = other;
  return plans.map((plan) => (plan.isEmpty === undefined ? plan : { ...plan, shape, framing }));
}
