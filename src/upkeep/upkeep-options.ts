// [verify] [repair] [backup]: what they are asked to do, what they tell, what they report.

import { availableParallelism } from 'node:os';
import { WORKERS_MAX } from '../limits.js';
import type { Leftovers } from '../store/sweep.js';
import type { Fault } from './faults.js';

/** Options of `store.verify`; all optional. Unknown names are a TypeError. */
export interface VerifyOptions {
  /** Worker threads. Default: the processors this process may use. */
  readonly workers?: number;
  /** Faults listed in full; all are counted. Default 1,000. */
  readonly faultsMax?: number;
  /** Called about ten times a second. A throw is not caught. */
  readonly onProgress?: (progress: VerifyProgress) => void;
  /** Cancels: rejects with CANCELLED. */
  readonly signal?: AbortSignal;
}

export interface VerifyProgress {
  readonly stage: 'verify' | 'done';
  /** Bytes of shard files read, of all. */
  readonly bytes: number;
  readonly bytesTotal: number;
  readonly records: number;
  /** Since it began. */
  readonly seconds: number;
}

export interface VerifyReport {
  /** Whether everything is as it was written. */
  readonly isSound: boolean;
  /** At most `faultsMax`, in no particular order. */
  readonly faults: readonly Fault[];
  readonly faultsTotal: number;
  readonly checked: {
    readonly values: number;
    readonly pages: number;
    readonly shards: number;
    readonly bytes: number;
    readonly records: number;
  };
  /** What nothing names: of an import under way, or one that was killed. No fault. Empty where there are faults. */
  readonly leftovers: Leftovers;
  readonly seconds: number;
}

/** Options of `store.backup`. */
export interface BackupOptions {
  /** Copies shards even where they could be hard-linked. Default false. */
  readonly copy?: boolean;
}

export interface BackupReport {
  /** Absolute path of the copy. */
  readonly directory: string;
  /** Publication it holds. */
  readonly generation: number;
  readonly collections: number;
  readonly shards: { readonly linked: number; readonly copied: number };
  readonly seconds: number;
}

const FAULTS_LISTED = 1000;

export type FilledVerifyOptions = VerifyOptions & Required<Pick<VerifyOptions, 'workers' | 'faultsMax'>>;

/** @throws TypeError */
export function resolveVerifyOptions(given: VerifyOptions = {}): FilledVerifyOptions {
  checkNames(given, ['workers', 'faultsMax', 'onProgress', 'signal'], 'verify');
  const workers = given.workers ?? Math.min(availableParallelism(), WORKERS_MAX);
  const faultsMax = given.faultsMax ?? FAULTS_LISTED;
  checkCount('workers', workers, 1, WORKERS_MAX);
  checkCount('faultsMax', faultsMax, 0, Number.MAX_SAFE_INTEGER);
  return { ...given, workers, faultsMax };
}

export function checkNames(given: object, names: readonly string[], operation: string): void {
  if (typeof given !== 'object' || given === null) throw new TypeError('options must be an object');
  for (const name of Object.keys(given)) {
    if (!names.includes(name)) throw new TypeError(`options.${name} is not an option of ${operation}`);
  }
}

export function checkCount(name: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new TypeError(`options.${name} must be a whole number from ${least} to ${most}`);
}
