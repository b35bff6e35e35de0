// [evolve]: profile > dry run > [compatible]
//
// Whether a migration would leave the versions of a collection compatible. The profile of the collection is asked first. If it
// does not know whether all stored records become newer ones, the records decide. What newer records become in older versions,
// only the profile says.

import { checkMigration } from '../../evolve/operations/check.js';
import { compatibility } from '../../evolve/proof/compatibility.js';
import type { ProofDoubt } from '../../evolve/proof/proof.js';
import type { Migration } from '../../evolve/types.js';
import { hook, type OptionTable, type Resolved, resolveOptions } from '../../options/check.js';
import { either, LONG_WORK, THREADS } from '../../options/shared.js';
import { valuesOf } from '../../profile/types.js';
import { lineOf, shapeAt } from '../../store/shapes/tree.js';
import type { CatalogSnapshot, CollectionManifest } from '../../store/types.js';
import { collectionOf } from '../collection-of.js';
import type { IndexProgress } from '../indexes/options.js';
import type { SchemaProgress } from '../profile/options.js';
import { profileCollection } from '../profile/profile.js';
import type { Profilers } from '../profile/task.js';
import { applyMigration } from './evolve.js';
import { checkFrom, versionsOf } from './history.js';
import type { EvolveReport, EvolveTarget, RecordFailures } from './options.js';
import { refuseCalls } from './refuse-calls.js';

export interface CompatibilityTarget extends EvolveTarget {
  readonly startWorkers: (threads: number) => ReturnType<EvolveTarget['startWorkers']> & Profilers;
}

const TRANSITIVE = '-transitive';
const MODES = ['backward', 'forward', 'full', 'backward-transitive', 'forward-transitive', 'full-transitive'] as const;

type Progress = IndexProgress | SchemaProgress;

const OPTIONS = {
  mode: { type: 'choice', default: 'backward', choices: MODES, meaning: 'which versions are to read which records' },
  ...THREADS,
  onProgress: hook<(progress: Progress) => void>('called about ten times a second'),
  ...LONG_WORK,
} as const satisfies OptionTable;

type Filled = Resolved<typeof OPTIONS>;

/** Options of `store.compatibility`; all optional. An unknown name is a TypeError. */
export interface StoreCompatibilityOptions {
  /**
   * `backward`: every stored record can be given in the newer version. `forward`: what the newer version makes of it can be given
   * in the version before. `full`: both. With `-transitive`, in all versions before. Default "backward".
   */
  readonly mode?: (typeof MODES)[number] | undefined;
  /** The number of worker threads. Default: the processors this process may use. */
  readonly workers?: number | undefined;
  /** Called with the progress about ten times a second, if records are read. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Cancels: the method rejects with CANCELLED. */
  readonly signal?: AbortSignal | undefined;
}

/** The result of `store.compatibility`. */
export interface CompatibilityReport extends Pick<EvolveReport, 'collection' | 'from' | 'to' | 'failures'> {
  readonly mode: (typeof MODES)[number];
  readonly isCompatible: boolean;
  /** Records that the newer version cannot have, by operation, place and reason. */
  readonly failures: readonly RecordFailures[];
  /** Operations that cannot be undone for values of the newer version, or perhaps cannot. */
  readonly doubts: readonly ProofDoubt[];
}

/**
 * Says whether a migration would leave versions compatible. Nothing is changed.
 * @throws GristmillError BAD_MIGRATION, COLLECTION_NOT_FOUND, VERSION_MISMATCH, MIGRATION_REFUSED, CANCELLED, IO_ERROR,
 * CHECKSUM_MISMATCH; TypeError
 */
export async function checkCompatibility(
  target: CompatibilityTarget,
  given: unknown,
  options?: StoreCompatibilityOptions,
): Promise<CompatibilityReport> {
  const migration = checkMigration(given);
  refuseCalls(migration.ops);
  const filled = resolveOptions('compatibility', OPTIONS, options);
  const how = { ...filled, signal: either(filled.signal, target.closing) };
  const { collection, from, to } = migration;
  const { mayFail, doubts } = await askProfile(target, migration, how);
  const { workers, signal, onProgress } = how;
  const failures = mayFail
    ? (await applyMigration(target, migration, { dryRun: true, workers, signal, onProgress })).failures
    : [];
  const isCompatible = failures.length === 0 && doubts.length === 0;
  return { collection, from, to, mode: how.mode, isCompatible, failures, doubts };
}

/** Whether some record may fail, and what cannot be undone. */
async function askProfile(
  target: CompatibilityTarget,
  migration: Migration,
  options: Filled,
): Promise<{ readonly mayFail: boolean; readonly doubts: readonly ProofDoubt[] }> {
  target.catalog.refresh();
  const snapshot = target.catalog.snapshot();
  try {
    const manifest = collectionOf(snapshot, migration.collection);
    const versions = versionsOf(snapshot, manifest);
    checkFrom(versions, migration);
    const line = lineOf(versions.history, versions.shape).slice(0, -1).toReversed();
    const earlier = line.map((shape) => shapeAt(versions.history, shape).migration);
    const ask = (fresh: boolean) => asked(target, snapshot, manifest, [migration], earlier, { ...options, fresh });
    const first = await ask(false);
    // The kept profile may count values of records that are gone.
    return first.doubts.length === 0 ? first : await ask(true);
  } finally {
    snapshot.release();
  }
}

async function asked(
  target: CompatibilityTarget,
  snapshot: CatalogSnapshot,
  manifest: CollectionManifest,
  migrations: readonly Migration[],
  earlier: readonly Migration[],
  { mode, ...options }: Filled & { readonly fresh: boolean },
): ReturnType<typeof askProfile> {
  const { profile } = await profileCollection({ ...target, snapshot }, manifest, options);
  const values = valuesOf(profile, manifest.framing === 'object');
  const isTransitive = mode.endsWith(TRANSITIVE);
  const isBackward = !mode.startsWith('forward');
  const isForward = !mode.startsWith('backward');
  return {
    mayFail: isBackward && !compatibility(migrations, values, 'backward').isProven,
    doubts: isForward ? compatibility(migrations, values, 'forward', { isTransitive, earlier }).doubts : [],
  };
}
