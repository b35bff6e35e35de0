// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// Spans become tasks: each with its shard number and all that a worker has to know.

import type { RecordLayout } from '../../kernel/contract.js';
import { namesOf, numbersIn } from '../../keys/key-path.js';
import { parsePointer } from '../../keys/paths.js';
import { framingOf } from '../../store/framing.js';
import type { EvolvedOrigin } from '../../store/shapes/evolved.js';
import type { KeyRule } from '../../store/types.js';
import type { FilledImportOptions } from '../options/resolve.js';
import { spellingOf } from '../options/spelling.js';
import { rulesIn } from '../rules/rules.js';
import type { ScanSetup, SpanTask } from '../tasks/span.js';
import { layoutOf, type SourcePlan, type Span } from './source-plan.js';
import type { SpanJob } from './span-job.js';

interface JobContext {
  readonly id: string;
  /** Number of the first shard. */
  readonly firstShard: number;
  /** See ImportOrigin. */
  readonly together?: number | undefined;
  readonly key: KeyRule;
  /** Whether numbers in the paths of indexes are positions. */
  readonly positions?: true | undefined;
  /** Whether spans of lines are hashed. */
  readonly hashesSpans: boolean;
  /** Whether only a profile of the records is wanted. */
  readonly storesNothing?: true | undefined;
  /** That of the collection, and its versions. */
  readonly shape?: number | undefined;
  readonly evolved?: EvolvedOrigin | undefined;
  /** By index number, what hides the keys, where they are hidden. */
  readonly secrets?: readonly Uint8Array[] | undefined;
}

/** The jobs of sources whose spans are all known, in source order. */
export function planJobs(tasks: Tasks, firstShard: number): SpanJob[] {
  let shard = firstShard;
  return tasks.plans.flatMap((plan) => {
    const jobs = tasks.ofSpans(plan, shard);
    shard += jobs.length;
    return jobs;
  });
}

/** Makes the tasks of an import. */
export class Tasks {
  readonly plans: readonly SourcePlan[];
  readonly #setup: ScanSetup;
  readonly #numbers: ReadonlyMap<SourcePlan, number>;

  constructor(plans: readonly SourcePlan[], options: FilledImportOptions, context: JobContext) {
    this.plans = plans;
    this.#numbers = new Map(plans.map((plan, number) => [plan, number]));
    this.#setup = setupOf(options, context, layoutOf(plans, options).recordLayout);
  }

  /** The task of a span of a plan. Later it is told whether it is the last one, where that is not known. */
  of(plan: SourcePlan, { from, to }: Span, shard: number): SpanTask {
    return {
      setup: this.#setup,
      path: plan.path,
      fingerprint: plan.fingerprint,
      ...(plan.coding && { coding: plan.coding, sourceShare: plan.bytes / Math.max(1, to) }),
      recordLayout: plan.recordLayout,
      ...{ from, to, shard, isLast: false },
      ...(plan.documents && { documents: plan.documents }),
      ...(from === plan.from && { entry: { at: from, afterComma: false } }),
      sourceNumber: this.#numbers.get(plan.within ?? plan)!,
      sources: this.plans.length,
      sourceFrom: plan.from,
    };
  }

  /** The jobs of a source whose spans are known. @param shard number of the first shard */
  ofSpans(plan: SourcePlan, shard: number): SpanJob[] {
    return plan.spans.map((span, i): SpanJob => {
      const files = plan.files?.[i];
      const isLast = i === plan.spans.length - 1 && plan.endsEarly !== true;
      // Where whole files begin is known.
      const known = files && { files, entry: { at: span.from, afterComma: false } };
      return { plan, task: { ...this.of(plan, span, shard + i), isLast, ...known } };
    });
  }
}

function setupOf(
  options: FilledImportOptions,
  { id, firstShard, together, key, positions, hashesSpans, storesNothing, shape, evolved, secrets }: JobContext,
  recordLayout: RecordLayout,
): ScanSetup {
  const { codec, maxExpansion, maxDecoderMemory, format, types, key: keyOption } = options;
  const { compression, level, access, windowBytes, onBadRecord, onDuplicate, depthMax, recordBytesMax } = options;
  const { collection, mode, indexes, uniqueIndexes, keptIndexes = [] } = options;
  const primary = options.key === undefined ? undefined : namesOf(options.key);
  const secondary = options.indexes.map((path) => namesOf(path, numbersIn({ positions })));
  const select = options.select === undefined ? undefined : parsePointer(options.select);
  const { validate, carried, migrations = [] } = options;
  const rules = rulesIn({
    ...options,
    migrations,
    schemas: [validate, carried].filter((schema) => schema !== undefined),
  });
  return {
    id,
    ...(select && { select }),
    ...(rules && { rules }),
    scan: {
      ...{ secondary, depthMax, recordBytesMax, ...spellingOf(options) },
      ...(primary && { primary }),
      ...(rules && { asks: true }),
      ...(secrets && { secrets }),
    },
    packing: { compression, level },
    access,
    coding: { codec, maxExpansion, maxDecoderMemory, format, types, key: keyOption, recordBytesMax },
    windowBytes,
    onBadRecord,
    keepsCut: options.onTruncated === 'keep',
    leavesOutBadFiles: options.onBadFile !== 'fail',
    badMax: options.maxBad,
    // Where a repeated key is an error, the first repetition has to be found: later ones must not hide it.
    keep: onDuplicate === 'last' ? 'last' : 'first',
    namesDuplicates: onDuplicate === 'error',
    ...(options.profile && { profiles: true }),
    ...(storesNothing && { storesNothing }),
    ...(shape && { shape }),
    // Where positions are keys, no span can be exchanged alone.
    hashesSpans: hashesSpans && key.kind === 'path',
    origin: {
      import: firstShard,
      ...(together !== undefined && { together }),
      collection,
      mode,
      onDuplicate,
      framing: framingOf(recordLayout),
      key,
      indexes,
      ...(uniqueIndexes.length > 0 && { unique: uniqueIndexes }),
      ...(keptIndexes.length > 0 && { kept: keptIndexes }),
      ...(positions && { positions }),
      // The import may bring other indexes.
      ...(evolved && { evolved: { ...evolved, key, indexes, unique: uniqueIndexes, kept: keptIndexes } }),
    },
  };
}
