// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// Spans become tasks: each with its shard number and all that a worker has to know.

import type { FramingName } from '../../kernel/contract.js';
import { namesOf } from '../../keys/key-path.js';
import { parsePointer } from '../../keys/paths.js';
import type { KeyRule } from '../../store/types.js';
import type { FilledImportOptions } from '../options/resolve.js';
import type { ScanSetup } from '../tasks/span.js';
import type { SourcePlan } from './plan.js';
import type { SpanJob } from './span-job.js';

interface JobContext {
  readonly id: string;
  /** Number of the first shard; spans are numbered on in source order. */
  readonly firstShard: number;
  readonly key: KeyRule;
  /** Whether spans of lines are hashed. */
  readonly hashesSpans: boolean;
}

export function planJobs(plans: readonly SourcePlan[], options: FilledImportOptions, context: JobContext): SpanJob[] {
  const setup = setupOf(options, context, plans[0]!.framing);
  let shard = context.firstShard;
  return plans.flatMap((plan, sourceNumber) =>
    plan.spans.map((span, i): SpanJob => {
      const number = shard++;
      const isFirst = i === 0;
      const files = plan.files?.[i];
      return {
        plan,
        task: {
          setup,
          path: plan.path,
          fingerprint: plan.fingerprint,
          framing: plan.framing,
          from: span.from,
          to: span.to,
          isLast: i === plan.spans.length - 1 && plan.endsEarly !== true,
          ...(isFirst && { entry: { at: plan.from, afterComma: false } }),
          // Where whole files begin is known.
          ...(files && { files, entry: { at: span.from, afterComma: false } }),
          shard: number,
          sourceNumber,
          sources: plans.length,
          sourceFrom: plan.from,
        },
      };
    }),
  );
}

function setupOf(
  options: FilledImportOptions,
  { id, firstShard, key, hashesSpans }: JobContext,
  framing: FramingName,
): ScanSetup {
  const { level, access, windowBytes, onBadRecord, onDuplicate, depthMax, recordBytesMax } = options;
  const { collection, mode, indexes } = options;
  const primary = options.key === undefined ? undefined : namesOf(options.key);
  const secondary = options.indexes.map(namesOf);
  const select = options.select === undefined ? undefined : parsePointer(options.select);
  return {
    id,
    ...(select && { select }),
    scan: { secondary, depthMax, recordBytesMax, ...(primary && { primary }) },
    level,
    access,
    windowBytes,
    onBadRecord,
    leavesOutBadFiles: options.onBadFile !== 'fail',
    badMax: options.maxBad,
    // Where a repeated key is an error, the first repetition has to be found: later ones must not hide it.
    keep: onDuplicate === 'last' ? 'last' : 'first',
    namesDuplicates: onDuplicate === 'error',
    // Where positions are keys, no span can be exchanged alone.
    hashesSpans: hashesSpans && key.kind === 'path',
    origin: { import: firstShard, collection, mode, onDuplicate, framing, key, indexes },
  };
}
