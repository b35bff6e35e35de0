// store at rest: [catalog]
//
// One committed state of an index, held by a read transaction of LMDB for longer than a turn.

import { GristmillError } from '../../base/errors.js';
import { CatalogReader } from '../catalog/read.js';
import type { CatalogSnapshot } from '../types.js';
import type { Transaction } from './lmdb.js';
import { byteMap } from './maps.js';
import type { Bytes } from './open.js';

export class LmdbSnapshot extends CatalogReader implements CatalogSnapshot {
  readonly commits = 0;
  readonly #environment: Environment;
  #transaction: Transaction | undefined;

  constructor(environment: Environment, transaction: Transaction) {
    const { file, meta, pages, snapshots, isChanging } = environment;
    const check = (): void => this.assertOpen();
    const read = { transaction, isChanging };
    super(file, byteMap(meta, check, read), byteMap(pages, check, read));
    this.#environment = environment;
    this.#transaction = transaction;
    snapshots.add(this);
  }

  assertOpen(): void {
    if (this.#transaction === undefined) throw closedError(this.file);
  }

  refresh(): void {}

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
  readonly meta: Bytes;
  readonly pages: Bytes;
  readonly snapshots: Set<CatalogSnapshot>;
  readonly isChanging: () => boolean;
}

export function closedError(file: string): GristmillError {
  return new GristmillError('STORE_CLOSED', `the store of ${file} has been closed: open it again`, { file });
}
