// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// Plans a source that may be left out (option `onBadFile`): one that cannot be read has no plan, one without records (it is
// empty, or has nothing at the place of option `select`) has a plan without them, so that a synchronisation knows it again.

import { type BadFiles, hasNoRecords } from '../../base/bad-files.js';
import { GristmillError } from '../../base/errors.js';
import type { Pause } from '../../parallel/pause.js';
import { formatOf } from '../format/coding.js';
import type { Fingerprint } from '../source/source.js';
import { planSource } from './plan.js';
import type { PlanOptions, SourcePlan } from './source-plan.js';

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
    if (!(error instanceof GristmillError) || !hasNoRecords(error.code) || !bad.areLeftOut) {
      return bad.addOrThrow(error, path);
    }
    const { code: reason, message } = error;
    // What is converted is lines anyway.
    const layout = formatOf(path, options) === undefined ? 'ndjson' : undefined;
    const asLines = { ...options, select: undefined, layout, allowEmpty: true } as const;
    try {
      const plan = await planSource(path, asLines, pause, source, '', expected);
      // Of an archive no entry is taken, so there is nothing to leave out when it is read.
      if (plan.archive !== undefined) return bad.addOrThrow(error, path);
      return { ...plan, spans: [{ from: plan.from, to: plan.bytes }], leftOut: { reason, message } };
    } catch (changed) {
      return bad.addOrThrow(changed, path);
    }
  }
}

/** Gives sources that are left out the layout of the others: they have no records that it could contradict. */
export function withoutOddOnes(plans: readonly SourcePlan[]): readonly SourcePlan[] {
  const other = plans.find(({ leftOut, files }) => leftOut === undefined && files === undefined);
  if (other === undefined) return plans;
  const { layout, recordLayout } = other;
  return plans.map((plan) => (plan.leftOut === undefined ? plan : { ...plan, layout, recordLayout }));
}
