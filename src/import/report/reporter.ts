// source > plan > map > scan > key > frame > shard > verify > merge > publish
//
// Reports the progress of an import while it runs, and the result at its end. Passes on the signal to stop.

import { setImmediate } from 'node:timers/promises';
import type { EditCounts, ImportProgress, ImportReport } from '../../base/import-report.js';
import { BAD_FILES_NAMED_MAX } from '../../base/limits.js';
import { quotedPath } from '../../keys/key-path.js';
import { SharedProgress } from '../../parallel/shared-progress.js';
import { cancelledError } from '../../parallel/wire.js';
import { zstd } from '../../store/codec/zstd/implementation.js';
import type { PublishResult } from '../../store/publish/publication.js';
import type { Tally } from '../accept/tally.js';
import type { FilledImportOptions } from '../options/resolve.js';
import { layoutOf, type SourcePlan } from '../plan/source-plan.js';
import type { Plans } from '../plan/sources.js';
import type { Beginning } from '../resume/resume.js';
import type { ImportObserver } from '../tasks/observer.js';
import { cutWarnings } from './cut-sources.js';
import { layoutsOf } from './layouts.js';
import { sharedKeys } from './shared-keys.js';
import { wrapperWarning } from './wrapper.js';

const INTERVAL_MS = 100;

/** What an import into one collection has come to. */
interface Reported {
  readonly options: FilledImportOptions;
  /** Of all sources. */
  readonly sourceBytes: number;
  readonly work: { readonly sources: readonly string[]; readonly deletions?: number };
  readonly planned: Plans;
  readonly tally: Tally;
  readonly beginning: Beginning;
}

/** A publication, and what became of changes that transactions had made. */
export type Published = PublishResult & { readonly changes: EditCounts };

type Stage = ImportProgress['stage'];

export class Reporter {
  readonly shared = new SharedProgress();
  readonly #options: FilledImportOptions;
  readonly #observer: ImportObserver | undefined;
  readonly #began = performance.now();
  readonly #entered = new Map<Stage, number>();
  readonly #timer: NodeJS.Timeout | undefined;
  #stage: Stage = 'plan';
  #bytesTotal = 0;
  /** The greatest number reported so far: spans that are scanned again must not make the numbers go back. */
  #bytes = 0;
  #records = 0;
  /** The error that `onProgress` threw. */
  #problem: { readonly error: unknown } | undefined;

  constructor(options: FilledImportOptions, observer?: ImportObserver) {
    this.#options = options;
    this.#observer = observer;
    this.#entered.set('plan', this.#began);
    observer?.enter('plan', this.shared);
    if (options.onProgress || observer) this.#timer = setInterval(() => this.#tell(), INTERVAL_MS);
    options.signal?.addEventListener('abort', this.#cancel);
  }

  readonly #cancel = () => this.shared.cancel();

  enter(stage: Stage, bytesTotal = this.#bytesTotal): void {
    this.#stage = stage;
    this.#bytesTotal = bytesTotal;
    this.#entered.set(stage, performance.now());
    this.#observer?.enter(stage, this.shared);
    this.#tell();
  }

  get stage(): Stage {
    return this.#stage;
  }

  /** Lets other code run, such as the handler of a signal. @throws CANCELLED, or the error of `onProgress` */
  readonly pause = async (): Promise<void> => {
    await setImmediate();
    this.throwIfCancelled();
  };

  /** Throws if the import was cancelled. @throws CANCELLED, or the error of `onProgress` */
  throwIfCancelled(): void {
    if (this.#problem) throw this.#problem.error;
    if (this.#options.signal?.aborted) throw cancelledError(this.#options.signal.reason);
  }

  /** The error to end with. If the import was cancelled, that explains any other error. */
  reasonFor(error: unknown): unknown {
    if (this.#problem) return this.#problem.error;
    return this.#options.signal?.aborted ? cancelledError(this.#options.signal.reason) : error;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#options.signal?.removeEventListener('abort', this.#cancel);
  }

  report(
    { options, sourceBytes, work, planned, tally, beginning }: Reported,
    published: Published,
    peakAnonBytes: number,
  ): ImportReport {
    const { sources, deletions = 0 } = work;
    const { plans, warnings } = planned;
    const { recorded, warnings: ofBeginning } = beginning;
    const { manifest, counts, updated, changes } = published;
    const { collection, mode, workers, onDuplicate, limit } = options;
    // Option limit may leave most of the bytes.
    const bytesRead = limit === undefined ? sourceBytes : Math.min(tally.progressBytes, sourceBytes);
    const shared = sharedKeys(manifest.key, tally.stored + tally.replaced, tally.replaced, onDuplicate);
    const { layout } = layoutOf(plans, options);
    const indexes = [...(manifest.primary ? [manifest.primary] : []), ...manifest.secondary];
    return {
      collection,
      mode,
      layout,
      layouts: layoutsOf(plans, sources, options),
      sources,
      files: tally.files,
      badFiles: { count: tally.badFiles.length, files: tally.badFiles.slice(0, BAD_FILES_NAMED_MAX) },
      records: deletions === 0 ? counts : { ...counts, stored: counts.stored - deletions, deletions },
      ...(shared && { sharedKeys: shared }),
      updated,
      ...(changes.kept + changes.dropped > 0 && { changes }),
      bytes: { source: bytesRead, stored: tally.storedBytes },
      shards: tally.shards.length,
      spans: {
        total: plans.reduce((sum, plan) => sum + plan.spans.length, tally.spansInSequence),
        redone: tally.redone,
      },
      ...(recorded.length > 0 && {
        resumed: { spans: recorded.length, bytes: recorded.reduce((sum, { result }) => sum + result.progressBytes, 0) },
      }),
      indexes: indexes.map(({ path, entries, pages }) => ({ path, entries, pages })),
      seconds: seconds(performance.now() - this.#began),
      stages: {
        plan: this.#secondsOf('plan', 'scan'),
        scan: this.#secondsOf('scan', 'merge'),
        merge: this.#secondsOf('merge', 'publish'),
        publish: this.#secondsOf('publish', 'done'),
      },
      workers,
      zstd: zstd().name,
      peakAnonBytes,
      ...(tally.quarantine.path && { quarantine: tally.quarantine.path }),
      warnings: [
        ...warnings,
        ...plans.flatMap(({ archive }) => archive?.warnings ?? []),
        ...ofBeginning,
        ...warningsOf(options, plans, counts.read, published, tally.ambiguous),
        ...cutWarnings(tally.cut),
        ...(shared ? [shared.text] : []),
      ],
    };
  }

  #secondsOf(from: Stage, to: Stage): number {
    return seconds((this.#entered.get(to) ?? 0) - (this.#entered.get(from) ?? 0));
  }

  #tell(): void {
    const { bytes, records } = this.shared.done;
    const isScan = this.#stage === 'plan' || this.#stage === 'scan';
    this.#bytes = isScan ? Math.min(Math.max(bytes, this.#bytes), this.#bytesTotal) : this.#bytesTotal;
    // At the end all that was discarded has been taken off again: the number is exact.
    this.#records = this.#stage === 'done' ? records : Math.max(records, this.#records);
    const progress: ImportProgress = {
      stage: this.#stage,
      bytes: this.#bytes,
      bytesTotal: this.#bytesTotal,
      records: this.#records,
      seconds: seconds(performance.now() - this.#began),
    };
    this.#observer?.progress(progress);
    if (this.#problem) return;
    try {
      this.#options.onProgress?.(progress);
    } catch (error) {
      this.#problem = { error };
      this.shared.cancel();
    }
  }
}

function warningsOf(
  options: FilledImportOptions,
  plans: readonly SourcePlan[],
  read: number,
  { manifest }: PublishResult,
  ambiguous: readonly string[],
): string[] {
  const warnings = manifest.secondary
    .filter(({ entries }) => entries === 0)
    .map(({ path }) => `No record has a value at index path ${quotedPath(path)}.`);
  const walked = plans.filter(({ rest }) => rest?.isAmbiguous()).map(({ path }) => path);
  for (const path of new Set([...walked, ...ambiguous])) {
    warnings.push(
      `${path}: a name in option select: '${options.select}' occurs twice in its object; the import used the first one.`,
    );
  }
  const wrapper = wrapperWarning(plans, read, options);
  return wrapper === undefined ? warnings : [...warnings, wrapper];
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds) / 1000;
}
