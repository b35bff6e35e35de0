// [evolve]: profile > dry run > [compatible]
//
// Whether a migration would leave the versions of a collection compatible. The profile of the collection is asked first. Where it
// does not know enough, the records decide: each is made newer, and older again.

import { checkMigration } from '../../evolve/operations/check.js';
import { compatibility } from '../../evolve/proof/compatibility.js';
import type { Migration } from '../../evolve/types.js';
import { hook, type OptionTable, type Resolved, resolveOptions } from '../../options/check.js';
import { either, LONG_WORK, THREADS } from '../../options/shared.js';
import { valuesOf } from '../../profile/types.js';
import { lineOf, shapeAt } from '../../store/shapes/tree.js';
import type { CatalogSnapshot, CollectionManifest } from '../../store/types.js';
import { collectionOf } from '../collection-of.js';
import type { IndexProgress } from '../indexes/options.js';
import { IndexWatch } from '../indexes/progress.js';
import type { SchemaProgress } from '../profile/options.js';
import { profileCollection } from '../profile/profile.js';
import type { Profilers } from '../profile/task.js';
import { shapeAfter } from './evolve.js';
import { versionsOf } from './history.js';
import type { EvolveReport, EvolveTarget } from './options.js';
import type { RecordFailures } from './record-failures.js';
import { Reshaping } from './reshape.js';

export interface CompatibilityTarget extends EvolveTarget {
  readonly startWorkers: (threads: number) => ReturnType<EvolveTarget['startWorkers']> & Profilers;
}

const TRANSITIVE = '-transitive';
const MODES = [
  ...['backward', 'forward', 'full'],
  ...['backward-transitive', 'forward-transitive', 'full-transitive'],
] as const satisfies CompatibilityMode[];

/** Which versions are to read which records. See `StoreCompatibilityOptions.mode`. */
export type CompatibilityMode =
  | ('backward' | 'forward' | 'full')
  | ('backward-transitive' | 'forward-transitive' | 'full-transitive');

const OPTIONS = {
  mode: { type: 'choice', default: 'backward', choices: MODES, meaning: 'which versions are to read which records' },
  ...THREADS,
  onProgress: hook<(progress: IndexProgress | SchemaProgress) => void>('called about ten times a second'),
  ...LONG_WORK,
} as const satisfies OptionTable;

type Filled = Resolved<typeof OPTIONS>;

/** Options of `store.compatibility`; all optional. An unknown name is a TypeError. */
export interface StoreCompatibilityOptions {
  /**
   * `backward`: every stored record can be given in the newer version. `forward`: what the newer version makes of it can be given
   * in the version before. `full`: both. With `-transitive`, in all versions before. Default "backward".
   */
  readonly mode?: CompatibilityMode | undefined;
  /** The number of worker threads. Default: the processors this process may use. */
  readonly workers?: number | undefined;
  /** Called with the progress about ten times a second, if records are read. */
  readonly onProgress?: ((progress: IndexProgress | SchemaProgress) => void) | undefined;
  /** Cancels: the method rejects with CANCELLED. */
  readonly signal?: AbortSignal | undefined;
}

/** The result of `store.compatibility`. */
export interface CompatibilityReport extends Pick<EvolveReport, 'collection' | 'from' | 'to'> {
  /** What was asked. */
  readonly mode: CompatibilityMode;
  /** Whether the answer is yes. */
  readonly isCompatible: boolean;
  /** Records that the newer version cannot have, by operation, place and reason. */
  readonly failures: readonly RecordFailures[];
  /** Records that have a newer version, but an older version cannot have that, by the operation that cannot be undone. */
  readonly undoFailures: readonly RecordFailures[];
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
  const filled = resolveOptions('compatibility', OPTIONS, options);
  const how = { ...filled, signal: either(filled.signal, target.closing) };
  target.catalog.refresh();
  const snapshot = target.catalog.snapshot();
  const watch = new IndexWatch(how, 'check');
  try {
    const manifest = collectionOf(snapshot, migration.collection);
    const versions = versionsOf(snapshot, manifest, target.catalog.functions);
    const next = shapeAfter(versions, migration);
    const reshaping = new Reshaping(target, watch, how.workers, { snapshot, manifest }, next);
    const before = lineOf(versions.history, versions.shape).slice(0, -1).toReversed();
    const earlier = before.map((shape) => shapeAt(versions.history, shape).migration);
    const { mayFail, mayStay } = await askProfile({ ...target, snapshot }, manifest, migration, earlier, how);
    const failures = mayFail ? reshaping.named((await reshaping.look()).failures) : [];
    const undone = how.mode.endsWith(TRANSITIVE) ? [...earlier, migration] : [migration];
    const undoFailures = mayStay ? reshaping.named(await reshaping.lookBack(undone)) : [];
    const { collection, from, to } = migration;
    const isCompatible = failures.length === 0 && undoFailures.length === 0;
    return { collection, from, to, mode: how.mode, isCompatible, failures, undoFailures };
  } catch (error) {
    throw watch.errorOf(error);
  } finally {
    watch.close();
    snapshot.release();
  }
}

/** Whether some record may have no newer version, and whether one may have no older version of that. */
async function askProfile(
  target: CompatibilityTarget & { readonly snapshot: CatalogSnapshot },
  manifest: CollectionManifest,
  migration: Migration,
  earlier: readonly Migration[],
  { mode, ...options }: Filled,
): Promise<{ readonly mayFail: boolean; readonly mayStay: boolean }> {
  const { profile } = await profileCollection(target, manifest, { ...options, fresh: false });
  const values = valuesOf(profile, manifest.framing === 'object');
  const isTransitive = mode.endsWith(TRANSITIVE);
  const isProven = (direction: 'backward' | 'forward'): boolean =>
    compatibility([migration], values, direction, { isTransitive, earlier }).isProven;
  return {
    mayFail: !mode.startsWith('forward') && !isProven('backward'),
    mayStay: !mode.startsWith('backward') && !isProven('forward'),
  };
}
