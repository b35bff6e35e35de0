// store at rest: [catalog]
//
// One committed state of an index, held by a read transaction of LMDB for longer than a turn.

import { GristmillError } from '../../base/errors.js';
import { Decoded } from '../catalog/decoded.js';
import { CatalogReader } from '../catalog/read.js';
import { TAG_BYTES } from '../seal/gcm.js';
import type { CatalogSnapshot } from '../types.js';
import { type Transaction, tailsOf } from './lmdb.js';
import { byteMaps } from './maps.js';
import type { OpenIndex } from './open.js';
import { checkDigest } from './sealed/digest.js';

export class LmdbSnapshot extends CatalogReader implements CatalogSnapshot {
  readonly commits = 0;
  readonly reading = 0;
  readonly #environment: Environment;
  #transaction: Transaction | undefined;

  constructor(environment: Environment, transaction: Transaction) {
    const { file, index, snapshots, isChanging } = environment;
    const check = (): void => this.assertOpen();
    const read = { transaction, isChanging };
    const { meta, pages } = byteMaps(index, check, read);
    super(file, meta, pages, new Decoded(index.sealed?.seal));
    this.#environment = environment;
    this.#transaction = transaction;
    this.functions = environment.catalog.functions;
    snapshots.add(this);
  }

  assertOpen(): void {
    if (this.#transaction === undefined) throw closedError(this.file);
  }

  refresh(): void {}

  async checkState(pause?: () => Promise<void>): Promise<void> {
    this.assertOpen();
    const { file, index } = this.#environment;
    const { meta, pages, sealed } = index;
    if (sealed === undefined) return;
    const transaction = this.#transaction as object;
    // The digest is one of the tags.
    const tags = <Database extends object>(database: Database): Database => tailsOf(database, TAG_BYTES);
    await checkDigest({ meta, pages, ...sealed }, file, { transaction }, pause, tags);
  }

  snapshot(): CatalogSnapshot {
    this.assertOpen();
    const transaction = this.#transaction as Transaction & { use(): void };
    transaction.use();
    return new LmdbSnapshot(this.#environment, transaction);
  }

  release(): void {
    this.#transaction?.done();
    this.#transaction = undefined;
    this.#environment.snapshots.delete(this);
  }
}

/** What snapshots share. */
export interface Environment {
  readonly file: string;
  readonly index: OpenIndex;
  readonly snapshots: Set<CatalogSnapshot>;
  readonly isChanging: () => boolean;
  /** Knows what migrations may call. */
  readonly catalog: Pick<CatalogReader, 'functions'>;
}

export function closedError(file: string): GristmillError {
  return new GristmillError('STORE_CLOSED', `the store of ${file} has been closed: open it again`, { file });
}
