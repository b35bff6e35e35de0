// source > plan > map > scan > [key > frame > shard] > verify > merge > publish
//
// Where the records of a span go, whatever they are read from: full frames to the shard, full heaps to a run, bad records
// to their file. What the kernel hands to the plain twin comes back through here.

import { basename } from 'node:path';
import { ENTRY_HEAP_BYTES, SMALL_ENTRY_HEAP_BYTES, THREADLESS_BYTES_MAX } from '../../base/limits.js';
import type { BadReasonName } from '../../kernel/contract.js';
import type { SimdKernel } from '../../kernel/simd/kernel.js';
import type { BadOutcome, GoodOutcome, HeldRecord } from '../../kernel/simd/scanner.js';
import { SharedProgress } from '../../parallel/shared-progress.js';
import { StageClock } from '../../parallel/stage-clock.js';
import { Cancelled } from '../../parallel/wire.js';
import { ALL_FACTS, Provable } from '../../profile/provable.js';
import { ThreadProfiler } from '../../profile/simd/thread-profiler.js';
import { type Profile, valuesOf } from '../../profile/types.js';
import type { FrameCodec, FrameEncoder } from '../../store/codec/frame-codec.js';
import type { Blobs } from '../../store/files/blobs.js';
import type { ShardOrigin } from '../../store/shards/origin.js';
import { encoderOf, type Packing } from '../../store/shards/packing.js';
import { ShardWriter } from '../../store/shards/write.js';
import { Deletions } from '../format/deletions.js';
import { namedRecord } from '../records/given-name.js';
import { RuledRecords } from '../records/ruled-records.js';
import type { Source } from '../source/source.js';
import type { CutSource, SpanFailure, SpanOrder, SpanResult, SpanTask } from '../tasks/span.js';
import { type SpanPaths, spanPaths } from '../tasks/span-paths.js';
import { inUsersFile, isConverted, LINES_OF_THEIR_OWN, Rejects } from './rejects.js';
import { RunWriter } from './run-write.js';
import { threadKernel } from './thread-kernel.js';

/** The thread's encoder, by codec and packing: a context is worth keeping. */
let held: { readonly codec: FrameCodec; readonly packing: Packing; readonly encoder: FrameEncoder } | undefined;

function encoderFor(codec: FrameCodec, packing: Packing): FrameEncoder {
  const { compression, level } = packing;
  const isFit = held?.codec === codec && held.packing.compression === compression && held.packing.level === level;
  if (held === undefined || !isFit) held = { codec, packing, encoder: encoderOf(codec, packing) };
  return held.encoder;
}

function kernelFor({ from, to, setup: { id, windowBytes, scan } }: SpanTask): SimdKernel {
  const heapBytes = to - from <= THREADLESS_BYTES_MAX ? SMALL_ENTRY_HEAP_BYTES : ENTRY_HEAP_BYTES;
  return threadKernel({ id, heapBytes, windowBytes, depthMax: scan.depthMax });
}

/** The part of a result that the scan itself knows. */
type Scanned = Pick<
  SpanResult,
  'entry' | 'exit' | 'ended' | 'failure' | 'progressBytes' | 'fileRecords' | 'badFiles' | 'hash' | 'ambiguous'
>;

export class SpanOutput {
  readonly kernel: SimdKernel;
  readonly rejects: Rejects;
  readonly progress: SharedProgress;
  readonly clock: StageClock;
  readonly #task: SpanTask;
  readonly #paths: SpanPaths;
  readonly #blobs: Blobs;
  readonly #encoder: FrameEncoder;
  readonly #runs: RunWriter;
  readonly #deletions: Deletions | undefined;
  readonly #profiler: ThreadProfiler | undefined;
  readonly #provables: readonly Provable[] | undefined;
  #shard: ShardWriter | undefined;
  readonly #cut: CutSource[] = [];
  readonly #ruled: RuledRecords | undefined;
  /** Records read when the last bad one was rejected. */
  #badUntil = -1;
  /** Whether that one was converted: each such one has its own place in the user's file. */
  #badIsConverted = false;

  constructor(task: SpanOrder, blobs: Blobs) {
    const { onBadRecord, namesDuplicates, packing, rules, profiles, proves } = task.setup;
    this.#paths = spanPaths(task.context, task.shard);
    this.kernel = kernelFor(task);
    this.#task = task;
    this.#blobs = blobs;
    this.#encoder = encoderFor(blobs.codec, packing);
    this.#runs = new RunWriter(blobs, this.#paths.run, task.shard);
    this.rejects = new Rejects(blobs, this.#paths.bad, onBadRecord === 'quarantine', namesDuplicates);
    this.progress = new SharedProgress(task.context.shared);
    this.clock = new StageClock(this.progress);
    this.#ruled = rules && new RuledRecords(task, this);
    if (profiles || proves !== undefined) {
      this.#provables = proves?.map((schema) => Provable.of(schema)!);
      this.#profiler = ThreadProfiler.lend(task.link, profiles ? ALL_FACTS : Provable.wanted(this.#provables!));
    }
    const { format, key } = task.setup.coding;
    if (format === 'es-bulk' && key === undefined)
      this.#deletions = new Deletions(task.shard, task.setup.scan.secrets?.[0]);
  }

  /** Records read, bad ones included. */
  get read(): number {
    const { filtered = 0, added = 0 } = this.#ruled ?? {};
    return this.kernel.scanner.ordinal + this.rejects.count + filtered - added;
  }

  get leavesOutBadFiles(): boolean {
    return this.#task.setup.leavesOutBadFiles;
  }

  /** Whether what is whole of a source that is cut off is kept. */
  get keepsCut(): boolean {
    return this.#task.setup.keepsCut;
  }

  /** Whether a record is bad only because its source is cut off: what is missing begins where the source ends. */
  isCutOff(reason: BadReasonName, offset: number, { end }: Source): boolean {
    return this.keepsCut && (reason === 'UNEXPECTED_END' || offset === end);
  }

  noteCut(cut: CutSource): undefined {
    this.#cut.push(cut);
  }

  /** @throws Cancelled */
  throwIfCancelled(): void {
    if (this.progress.isCancelled) throw new Cancelled();
  }

  /** Writes the present lines to the shard. @returns true: the scan continues */
  takeFrame(): true {
    // Here too: at a high compression level a window takes long.
    this.throwIfCancelled();
    const { scanner } = this.kernel;
    const { plain, records } = scanner.frame();
    this.clock.ends('scan');
    if (records > 0) {
      this.#profiler?.add(plain);
      if (!this.#task.setup.storesNothing) this.#store(plain, records);
    }
    scanner.frameTaken();
    this.clock.ends('frame');
    return true;
  }

  #store(plain: Uint8Array, records: number): void {
    this.#shard ??= ShardWriter.create(this.#blobs, this.#paths.shard, this.#encoder, this.#task.shard);
    this.#shard.append(plain, records);
    this.#deletions?.note(plain, records);
  }

  /** Takes the entries there are to a run. */
  takeEntries(): void {
    this.clock.ends('scan');
    if (this.#task.setup.storesNothing) this.kernel.entries.clear();
    else this.#runs.write(this.kernel.entries, this.#task.setup.keep);
    this.clock.ends('key');
  }

  /** Whether the span stores no more records (option `limit`). */
  get isFull(): boolean {
    return this.#ruled?.isFull ?? false;
  }

  /** Decides about a record that the kernel has read, where there are rules. @returns whether the scan continues */
  held(record: HeldRecord): boolean {
    return (this.#ruled as RuledRecords).held(record);
  }

  /**
   * Takes a record that the plain twin has read, and continues after it.
   * @param name that the record is given
   * @returns the record as a bad one, if it is bad after all: so it may be where there are rules
   */
  settle(outcome: GoodOutcome, name?: string): BadOutcome | undefined {
    if (this.#ruled !== undefined) return this.#ruled.settle(outcome, name);
    const { entries, scanner } = this.kernel;
    const { line, keys } =
      name === undefined ? outcome.record : namedRecord(outcome.record, name, this.#task.setup.scan);
    entries.addKeys(this.#task.shard, keys, () => this.takeEntries());
    scanner.accept(line, outcome);
    return undefined;
  }

  get hasDeletions(): boolean {
    return this.#deletions !== undefined;
  }

  passed(): void {
    this.rejects.skip(this.kernel.scanner.ordinal);
  }

  /** Calls `scan`, completes the files and returns the result. If anything throws, it removes the shard. */
  complete(scan: () => void, scanned: () => Scanned): SpanResult {
    let isWhole = false;
    try {
      scan();
      this.takeFrame();
      this.takeEntries();
      this.rejects.finish();
      // Here, because closing writes: the last piece of a file that is sealed.
      this.#runs.close();
      this.rejects.close();
      const result = this.#result(scanned());
      isWhole = result.isValid !== false;
      return result;
    } catch (error) {
      this.#shard?.abort();
      throw error;
    } finally {
      this.#profiler?.giveBack(isWhole);
      this.#runs.close();
      this.rejects.close();
    }
  }

  /** How many bad records may be rejected together with one that they directly follow: none but with the second of a run. */
  get runMax(): number {
    const { onBadRecord, badMax } = this.#task.setup;
    if (onBadRecord === 'fail' || this.rejects.count < LINES_OF_THEIR_OWN) return 0;
    // What follows a single one is most often good, and would be looked at in vain.
    if (this.read !== this.#badUntil || this.#badIsConverted) return 0;
    return Math.max(0, badMax - this.rejects.count - 1);
  }

  /**
   * Whether the bad record ends the scan: because an option says so, or because too many records are bad.
   * @param records the number of bad records, including those that directly follow. `raw` returns the bytes of all of them.
   * @param isCut whether it is the last record of a source that is cut off, and no reason to end the scan
   */
  reject(bad: SpanFailure, raw: () => Uint8Array, records = 1, isCut = false): SpanFailure | undefined {
    this.#badIsConverted = isConverted(bad, this.#task);
    if (this.#badIsConverted) return this.#rejectAs(...inUsersFile(bad, raw()), 1, isCut);
    return this.#rejectAs(bad, raw, records, isCut);
  }

  #rejectAs(bad: SpanFailure, raw: () => Uint8Array, records: number, isCut: boolean): SpanFailure | undefined {
    const { onBadRecord, badMax } = this.#task.setup;
    if (onBadRecord === 'fail' && !isCut) return bad;
    this.rejects.add(bad, raw, records, this.kernel.scanner.ordinal);
    this.#badUntil = this.read;
    return this.rejects.count > badMax && !isCut ? { ...bad, kind: 'too many bad' } : undefined;
  }

  #result(scanned: Scanned): SpanResult {
    const { failure, fileRecords, ...rest } = scanned;
    const shard = this.#shard?.finish(this.#origin(scanned), undefined, this.#task.setup.shape);
    this.clock.ends('frame');
    return {
      ...rest,
      read: this.read,
      rejected: this.rejects.count,
      ...(this.#ruled && { filtered: this.#ruled.filtered, added: this.#ruled.added }),
      ...(this.rejects.first && { firstRejected: this.rejects.first }),
      ...(this.#task.setup.namesDuplicates && { goodBefore: Uint32Array.from(this.rejects.goodBefore) }),
      ...(this.#task.setup.namesDuplicates && this.#ruled && { addedAt: Uint32Array.from(this.#ruled.addedAt) }),
      ...(shard && { shard }),
      ...(this.#cut.length > 0 && { cut: this.#cut }),
      runs: this.#runs.runs,
      losers: Uint32Array.from(this.#runs.losers),
      ...(this.#runs.duplicate && { duplicate: this.#runs.duplicate }),
      ...(failure && { failure }),
      ...(fileRecords && { fileRecords }),
      ...(this.#profiler && this.#profiled(this.#profiler)),
      ...(this.#deletions && { deletions: this.#deletions.found }),
    };
  }

  /** The proof is of all records of the chain: those before are valid. */
  #profiled(profiler: ThreadProfiler): Pick<SpanResult, 'profile' | 'isValid'> {
    const { recordLayout, setup } = this.#task;
    const provables = this.#provables;
    const isValid = provables === undefined || areProven(provables, profiler.outline(), recordLayout === 'object');
    return {
      ...(setup.profiles && isValid && { profile: profiler.image() }),
      ...(provables !== undefined && { isValid }),
    };
  }

  /** The origin that the shard records about itself. */
  #origin({ entry, exit, ended }: Scanned): ShardOrigin {
    const { setup, recordLayout, shard, isLast, sourceNumber, sources, sourceFrom, path } = this.#task;
    return {
      ...setup.origin,
      shard,
      named: recordLayout === 'object',
      source: { file: basename(path), from: entry, to: exit },
      ...{ sourceNumber, sources, sourceFrom },
      isLast: isLast || ended,
    };
  }
}

function areProven(provables: readonly Provable[], profile: Profile, isNamed: boolean): boolean {
  const { root } = valuesOf(profile, isNamed);
  return provables.every((provable) => provable.holds(root));
}
