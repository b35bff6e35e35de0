// source > plan > [map > scan > key > frame > shard] > verify > [merge] > publish
//
// The stages of the workers in the calling thread: for a store in memory, whose buffers other threads could not see, and for
// work that is done sooner than a thread is started. One task a turn, so that signals and progress come through in between.

import { setImmediate } from 'node:timers/promises';
import type { Piece } from '../export/pack/piece.js';
import type { Exporters, PieceTask } from '../export/work/task.js';
import { writePiece } from '../export/write-piece.js';
import { type DecodedPart, decodePart, type PartTask } from '../import/feed/decode-part.js';
import { mergeEntries } from '../import/merge/entries.js';
import { withTransform } from '../import/rules/transform.js';
import { scanSpan } from '../import/scan/scan-span.js';
import { dropKernel } from '../import/scan/thread-kernel.js';
import { withDecoders } from '../import/sequence/plain.js';
import type { MergeResult, MergeTask } from '../import/tasks/merge.js';
import type { SpanOrder, SpanResult } from '../import/tasks/span.js';
import type { Workers } from '../import/tasks/workers.js';
import type { Functions } from '../options/functions.js';
import { answerLater, unwrap } from '../parallel/wire.js';
import type { ProfileImage } from '../profile/simd/image.js';
import type { Blobs, StorePlace } from '../store/files/blobs.js';
import type { Sealed, SealKeys } from '../store/seal/types.js';
import type { Route } from '../store/shapes/tree.js';
import type { TrialResult, Trials, TrialTask } from '../upkeep/evolve/task.js';
import { tryShard } from '../upkeep/evolve/try-shard.js';
import { indexShard } from '../upkeep/indexes/index-shard.js';
import type { Indexers, IndexResult, IndexTask } from '../upkeep/indexes/task.js';
import { profileShard } from '../upkeep/profile/profile-shard.js';
import type { Profilers, ProfileTask } from '../upkeep/profile/task.js';
import { checkShard } from '../upkeep/schema/check-shard.js';
import type { Checkers, CheckResult, CheckTask } from '../upkeep/schema/task.js';
import type { Verifiers, VerifyResult, VerifyTask } from '../upkeep/verify/shard.js';
import { verifyShard } from '../upkeep/verify/shard.js';
import { READING_WORKER, WorkerPool } from './pool.js';

type AllWorkers = Workers & Verifiers & Indexers & Profilers & Checkers & Trials & Exporters;

/** Threads, where some are wanted and they can reach the files; else the calling thread. */
export function workersFor(place: Pick<StorePlace, 'blobs' | 'seal'>, threads: number): AllWorkers {
  return withThreads(place, threads, undefined);
}

/** The same for work that only reads shards: its threads load less. */
export function readersFor(place: Pick<StorePlace, 'blobs' | 'seal'>, threads: number): Verifiers & Exporters {
  return withThreads(place, threads, READING_WORKER);
}

function withThreads(
  { blobs, seal }: Pick<StorePlace, 'blobs' | 'seal'>,
  threads: number,
  module: string | undefined,
): AllWorkers {
  const here = new InProcessWorkers(blobs, seal);
  return blobs.areFiles && threads > 0 ? new ByFunctions(new WorkerPool(threads, module, seal), here) : here;
}

export class InProcessWorkers implements AllWorkers {
  readonly #blobs: Blobs;
  readonly #seal: SealKeys | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(blobs: Blobs, seal?: SealKeys) {
    this.#blobs = blobs;
    this.#seal = seal;
  }

  decode(task: PartTask): Promise<DecodedPart> {
    return this.#next(() => withDecoders(() => decodePart(task)));
  }

  scan(order: SpanOrder): Promise<SpanResult> {
    const work = () => withDecoders(() => scanSpan(this.#sealed(order), this.#blobs));
    return this.#next(() => withTransform(order.setup.rules?.transform, work));
  }

  merge(task: MergeTask): Promise<MergeResult> {
    return this.#next(() => mergeEntries(this.#sealed(task), this.#blobs));
  }

  verify(task: VerifyTask): Promise<VerifyResult> {
    return this.#next(() => verifyShard(this.#sealed(task), this.#blobs));
  }

  index(task: IndexTask): Promise<IndexResult> {
    return this.#next(() => indexShard(this.#sealed(task), this.#blobs));
  }

  profile(task: ProfileTask): Promise<ProfileImage> {
    return this.#next(() => profileShard(this.#sealed(task), this.#blobs));
  }

  trial(task: TrialTask): Promise<TrialResult> {
    return this.#next(() => tryShard(this.#sealed(task), this.#blobs));
  }

  check(task: CheckTask): Promise<CheckResult> {
    return this.#next(() => checkShard(this.#sealed(task), this.#blobs));
  }

  piece(task: PieceTask): Promise<Piece> {
    return this.#next(() => writePiece(this.#sealed(task), this.#blobs));
  }

  async close(): Promise<void> {
    dropKernel();
  }

  #sealed<Task extends Sealed>(task: Task): Task {
    return this.#seal === undefined ? task : { ...task, seal: this.#seal };
  }

  #next<T>(work: () => T | Promise<T>): Promise<T> {
    const done = this.#last
      .then(() => setImmediate())
      .then(() => answerLater(async () => work()))
      .then(unwrap<T>);
    this.#last = done.catch(() => {});
    return done;
  }
}

/** What a task may need of this thread. */
interface Calling {
  readonly route?: Route | undefined;
  readonly functions?: Functions | undefined;
}

/** Gives work to the threads; but functions of the application are in this one, so records that need them are read here. */
class ByFunctions implements AllWorkers {
  readonly #pool: WorkerPool;
  readonly #here: InProcessWorkers;

  constructor(pool: WorkerPool, here: InProcessWorkers) {
    this.#pool = pool;
    this.#here = here;
  }

  decode(task: PartTask): Promise<DecodedPart> {
    return this.#pool.decode(task);
  }

  scan(order: SpanOrder): Promise<SpanResult> {
    return this.#pool.scan(order);
  }

  merge(task: MergeTask): Promise<MergeResult> {
    return this.#pool.merge(task);
  }

  verify(task: VerifyTask): Promise<VerifyResult> {
    return this.#for(task).verify(task);
  }

  index(task: IndexTask): Promise<IndexResult> {
    return this.#for(task).index(task);
  }

  profile(task: ProfileTask): Promise<ProfileImage> {
    return this.#for(task).profile(task);
  }

  trial(task: TrialTask): Promise<TrialResult> {
    return this.#for(task).trial(task);
  }

  check(task: CheckTask): Promise<CheckResult> {
    return this.#for(task).check(task);
  }

  piece(task: PieceTask): Promise<Piece> {
    return this.#for('route' in task.source ? task.source : {}).piece(task);
  }

  async close(): Promise<void> {
    await this.#pool.close();
    await this.#here.close();
  }

  #for({ route, functions = route?.functions }: Calling): AllWorkers {
    return functions === undefined ? this.#pool : this.#here;
  }
}
