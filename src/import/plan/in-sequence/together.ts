// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// The jobs of an import that fills several collections from the same sources (option `collections`). A source in which all of
// them have their records is read once:
//
//   {"meta":{…},"users":[{…},{…}],"orders":[{…}]}
//   walker       >        spans  >         spans > walker
//
// In a document, the walker (source/document.ts) goes to the next container that somebody wants, whichever that is. Its spans
// become jobs of its collection. When the last of them is accepted, the walker continues where they ended. Of documents that
// follow one another and are read in sequence, each span is a job of every collection. Any other source is read for each
// collection.

import { GristmillError } from '../../../base/errors.js';
import { DETECTION_BYTES } from '../../../base/limits.js';
import { type Places, parsePointer } from '../../../keys/paths.js';
import { openPlain, withDecoders } from '../../sequence/plain.js';
import type { Sequence } from '../../sequence/sequence.js';
import { type Container, DocumentWalker } from '../../source/document.js';
import type { Source } from '../../source/source.js';
import type { SourcePlan } from '../source-plan.js';
import type { ContainerEnd, SpanJob } from '../span-job.js';
import { jobsByPosition, jobsOfSource, openSequence, type SequenceJobs } from './sequence-jobs.js';
import { jobsOf, type Kept, Live, spansOf } from './span-jobs.js';

/** One of the collections. */
export interface Destination extends SequenceJobs {
  /** Takes note of a container that was met in a source. @returns the plan of the source, with its layout. @throws SELECT_NOT_CONTAINER */
  found(plan: SourcePlan, container: Container): SourcePlan;
  /** Takes note that a name on the way to the container occurs twice in its object. */
  ambiguous(path: string): void;
}

export async function* togetherJobs(destinations: readonly Destination[]): AsyncGenerator<SpanJob> {
  const at = destinations.map(() => 0);
  for (;;) {
    for (const [i, one] of destinations.entries()) {
      for (; at[i]! < one.tasks.plans.length; at[i]!++) {
        const plan = one.tasks.plans[at[i]!]!;
        if (plan.together !== undefined) break;
        yield* of(i, jobsOfSource(plan, one));
      }
    }
    const plans = destinations.flatMap((one, i) => one.tasks.plans[at[i]!++] ?? []);
    if (plans.length === 0) return;
    checkSame(plans, destinations.length);
    yield* plans[0]!.together === 'container' ? inDocument(plans, destinations) : inDocuments(plans, destinations);
  }
}

/** @throws SOURCE_CHANGED where the collections have seen different sources */
function checkSame(plans: readonly SourcePlan[], count: number): void {
  const [{ path, fingerprint, together }] = plans as [SourcePlan];
  const isSame = plans.every(
    (plan) =>
      plan.path === path && plan.together === together && plan.fingerprint.modifiedNs === fingerprint.modifiedNs,
  );
  if (isSame && plans.length === count) return;
  throw new GristmillError(
    'SOURCE_CHANGED',
    `${path} changed while gristmill looked at it; nothing was imported. Import it again.`,
    {
      file: path,
    },
  );
}

/** The jobs of one document: those of each container when the one before it has ended. */
async function* inDocument(
  plans: readonly SourcePlan[],
  destinations: readonly Destination[],
): AsyncGenerator<SpanJob> {
  const [{ path, from, sequential }] = plans as [SourcePlan];
  const [{ options }] = destinations as [Destination];
  const sequence = sequential && (await openSequence(sequential, destinations[0]!));
  const walker = new DocumentWalker(destinations.map(placeOf), path, options.depthMax, options.nonfinite);
  const now = [...plans];
  let isCut = false;
  for (let at = from; ; ) {
    // All collections have their limit, or all of their records: nobody needs the rest.
    if (isCut && destinations.every((one, i) => one.isOver(now[i]!))) break;
    const next = await walkFrom(at, walker, plans[0]!, destinations[0]!, sequence);
    if (next === undefined) break;
    const { place } = next;
    const one = destinations[place]!;
    at = next.from;
    if (one.isOver(plans[place]!)) {
      walker.stayInContainer(false);
      continue;
    }
    const plan = one.found(plans[place]!, next);
    now[place] = plan;
    const kept = { from: Number.POSITIVE_INFINITY };
    const ended = leaving(kept);
    const jobs = sequence ? jobsOf(sequence, plan, one, kept) : jobsByPosition(plan, one);
    for await (const job of of(place, jobs)) yield { ...job, left: ended.left };
    const end = await ended.end;
    at = end.at;
    isCut ||= !end.isEnd;
    if (end.isEnd) walker.leaveContainer();
    else walker.stayInContainer(true);
  }
  for (const [i, one] of destinations.entries()) if (walker.isAmbiguous(i)) one.ambiguous(path);
  sequence?.close();
}

function placeOf({ options: { select = '' } }: Destination): Places {
  return parsePointer(select);
}

/** Tells where a container was left. From then on, the text after it stays, for others. */
function leaving(kept: { from: number }): {
  readonly end: Promise<ContainerEnd>;
  readonly left: (end: ContainerEnd) => void;
} {
  let resolve: (end: ContainerEnd) => void = () => {};
  const end = new Promise<ContainerEnd>((one) => {
    resolve = one;
  });
  const left = (one: ContainerEnd) => {
    kept.from = Math.min(kept.from, one.at);
    resolve(one);
  };
  return { end, left };
}

/**
 * Walks from this offset to the next container.
 * @returns undefined if the document ends, and has nothing after it. @throws SOURCE_… and SELECT_… errors
 */
async function walkFrom(
  from: number,
  walker: DocumentWalker,
  { path, fingerprint: expected, coding }: SourcePlan,
  { options, pause }: Destination,
  sequence: Sequence | undefined,
): Promise<Container | undefined> {
  const file: Source = sequence ?? (await withDecoders(() => openPlain(path, { how: options, coding, expected })));
  try {
    for (let at = from; ; ) {
      const coming = file.upTo(at + 1);
      if (coming !== undefined) await coming;
      if (at >= file.end) break;
      const bytes = file.bytesAt(at, at + DETECTION_BYTES);
      const container = walker.walk(bytes, at);
      if (container !== undefined) return container;
      at += bytes.byteLength;
      file.discardBefore(at);
      await pause();
    }
    walker.finish(file.end);
    return undefined;
  } finally {
    if (file !== sequence) file.close();
  }
}

/** The jobs of documents that follow one another. Only the last collection that scans a span lets its text go. */
async function* inDocuments(
  plans: readonly SourcePlan[],
  destinations: readonly Destination[],
): AsyncGenerator<SpanJob> {
  const isOver = (i: number) => destinations[i]!.isOver(plans[i]!);
  const areOver = () => plans.every((_, i) => isOver(i));
  if (areOver()) return;
  const [plan] = plans as [SourcePlan];
  const sequence = await openSequence(plan.sequential!, destinations[0]!);
  const stays: Kept = { from: 0 };
  const isLimited = destinations.every((one) => one.isLimited);
  for await (const span of spansOf(sequence, plan, { isOver: areOver, isLimited })) {
    const jobs: SpanJob[] = [];
    const still = plans.map((_, i) => i).filter((i) => !isOver(i));
    for (const i of still) {
      const { tasks, nextShard } = destinations[i]!;
      const isLater = i !== still.at(-1);
      const task = tasks.of(plans[i]!, span, await nextShard());
      const live = new Live(sequence, task, isLater ? stays : undefined, still.length, isLater);
      jobs.push({ plan: plans[i]!, task: live.task, live, destination: i });
    }
    yield* jobs;
    if (jobs.some(({ task }) => task.isLast)) return;
  }
}

async function* of(destination: number, jobs: AsyncIterable<SpanJob>): AsyncGenerator<SpanJob> {
  for await (const job of jobs) yield { ...job, destination };
}
