// source > plan > map > scan > profile
//
// What an import would store, looked at and not stored: the stages of an import up to the scan. It needs a place for what
// workers write down on the way (records that are rejected), which is empty again in the end.

import { GristmillError } from '../base/errors.js';
import { cancelledError } from '../parallel/wire.js';
import { EMPTY_PROFILE } from '../profile/merge.js';
import type { Profile } from '../profile/types.js';
import type { WriterLock } from '../store/lock/writer-lock.js';
import { type CollectionImport, plan, scan } from './import.js';
import { ImportRun } from './import-run.js';
import { layoutOf } from './plan/source-plan.js';
import { MemoryWatch } from './report/peak-memory.js';
import { Reporter } from './report/reporter.js';
import type { ImportTarget } from './work.js';

/** What is known of sources beside their profile. */
export interface ProfiledFacts {
  /** Files that were read. */
  readonly files: number;
  /** Bytes of the sources. */
  readonly bytes: number;
  /** Bad records that were skipped. */
  readonly rejected: number;
  /** What was assumed or left out, as sentences. */
  readonly warnings: readonly string[];
  /** Seconds that it took. */
  readonly seconds: number;
  /** Most anonymous memory of the process, sampled; Linux only, elsewhere 0. */
  readonly peakAnonBytes: number;
}

/** The records of some sources. */
export interface ProfiledSources extends ProfiledFacts {
  readonly profile: Profile;
  /** Whether they are named: then the profile is of their names, too. */
  readonly isNamed: boolean;
}

/** @throws as `importHolding` */
export async function profileHolding(
  lock: WriterLock,
  target: ImportTarget,
  one: CollectionImport,
): Promise<ProfiledSources> {
  const began = performance.now();
  const memory = new MemoryWatch();
  const reporter = new Reporter(one.options, target.observer);
  let run: ImportRun | undefined;
  try {
    const planned = await plan(target, one, reporter);
    run = await ImportRun.begin({ target, ...one, reporter, planned }, lock.token);
    await scan([run], reporter);
    reporter.enter('done');
    const { tally, sourceBytes } = run;
    const { profiles, files, rejected } = tally;
    const isNamed = layoutOf(run.planned.plans, run.options).recordLayout === 'object';
    return {
      ...{ profile: profiles.profile() ?? EMPTY_PROFILE, isNamed, files, bytes: sourceBytes, rejected },
      ...{
        warnings: planned.warnings,
        seconds: Math.round(performance.now() - began) / 1000,
        peakAnonBytes: memory.stop(),
      },
    };
  } catch (error) {
    reporter.shared.cancel();
    const reason = reporter.reasonFor(error);
    const isCancelled = reason instanceof GristmillError && reason.code === 'CANCELLED';
    throw isCancelled ? cancelledError(reason.cause, 'The schema was cancelled.') : reason;
  } finally {
    memory.stop();
    reporter.close();
    await run?.close();
  }
}
