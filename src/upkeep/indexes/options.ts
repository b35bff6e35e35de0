// [index]: what it is asked to do, what it tells, what it reports.

import { checkKeyPath, type KeyPath } from '../../keys/key-path.js';
import { REASON } from '../../options/audit.js';
import { hook, type OptionTable, type Resolved, resolveOptions } from '../../options/check.js';
import { copyOfIndex, definitionOf, type IndexDefinition } from '../../options/indexes.js';
import { either, LONG_WORK, THREADS, WAITING, type WaitingOptions } from '../../options/shared.js';

/** Options of `store.createIndex`; all optional. An unknown name is a TypeError. */
export interface CreateIndexOptions extends WaitingOptions {
  /**
   * Whether no two records may have the same value in the index. Any number of records may have null there, or no
   * value. Default false.
   */
  readonly unique?: boolean | undefined;
  /** The number of worker threads. Default: the processors this process may use. */
  readonly workers?: number | undefined;
  /** Called with the progress about ten times a second. */
  readonly onProgress?: ((progress: IndexProgress) => void) | undefined;
}

/** Options of `store.dropIndex`; all optional. An unknown name is a TypeError. */
export type DropIndexOptions = WaitingOptions;

/** The progress of a new index. */
export interface IndexProgress {
  readonly stage: 'scan' | 'merge' | 'publish' | 'done';
  /** Bytes of text (of records, before compression) read so far. */
  readonly bytes: number;
  /** Bytes of text in total. */
  readonly bytesTotal: number;
  /** Records read so far. */
  readonly records: number;
  /** Seconds since the work began. */
  readonly seconds: number;
}

/** The result of a new index. */
export interface CreateIndexReport {
  /** The name of the collection. */
  readonly collection: string;
  /** The key path of the index. */
  readonly path: KeyPath;
  /** Entries of the index: one for each value of each record. */
  readonly entries: number;
  /** Live records of the collection. */
  readonly records: number;
  /** Whether this call made the index. False: the collection has it already. */
  readonly created: boolean;
  /** Seconds that it took. */
  readonly seconds: number;
}

const CREATE_INDEX_OPTIONS = {
  unique: { type: 'boolean', default: false, meaning: 'no two records may have the same value in the index' },
  ...THREADS,
  onProgress: hook<(progress: IndexProgress) => void>('called about ten times a second'),
  ...WAITING,
  ...LONG_WORK,
  ...REASON,
} as const satisfies OptionTable;

const DROP_INDEX_OPTIONS = { ...WAITING, ...LONG_WORK, ...REASON } as const satisfies OptionTable;

export type FilledCreateIndexOptions = Resolved<typeof CREATE_INDEX_OPTIONS>;

/**
 * @param index its path, or an object that may also say whether it is unique
 * @param closing cancels as the option `signal` does.
 * @throws TypeError, for the path too
 */
export function resolveCreateIndex(
  index: KeyPath | IndexDefinition,
  given: CreateIndexOptions | undefined,
  closing?: AbortSignal,
): { readonly path: KeyPath; readonly options: FilledCreateIndexOptions } {
  const { path, unique } = definitionOf(copyOfIndex(index, 'createIndex: index'));
  checkKeyPath(path);
  const options = resolveOptions('createIndex', CREATE_INDEX_OPTIONS, given);
  if (unique !== undefined && given?.unique !== undefined && unique !== given.unique) {
    throw new TypeError('createIndex: index.unique and options.unique contradict each other');
  }
  return {
    path,
    options: { ...options, unique: unique ?? options.unique, signal: either(options.signal, closing) },
  };
}

/** @param closing cancels as the option `signal` does. @throws TypeError, for the path too */
export function resolveDropIndex(path: KeyPath, given: DropIndexOptions | undefined, closing?: AbortSignal) {
  checkKeyPath(path);
  const options = resolveOptions('dropIndex', DROP_INDEX_OPTIONS, given);
  return { ...options, signal: either(options.signal, closing) };
}
