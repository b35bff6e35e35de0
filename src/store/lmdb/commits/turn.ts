// store at rest: [catalog]
//
// What the thread of a store's user and its commit thread agree on: all messages, and one shared number that says whose
// turn it is. The commit thread waits for LMDB's write transaction and holds it; while it does, it must never wait for a
// thread that waits for it. So either side can end a turn that the other has not taken up.
//
//   user            commit thread
//   asked    ──>    waits for the write transaction of LMDB, which other processes may have
//            <──    granted: no other process can commit now
//   taken           (the user runs its changes, synchronously)
//   filled   ──>    writes, commits, syncs; then `committed` or `failed`
//
// Changes that are prepared without waiting come with the order, and the number of the transaction they were prepared on.
// Where it is still the last one, the commit thread takes the turn itself (`asked` becomes `filled`) and writes them.
//
//   given back      instead of taken: by the user, who is about to wait for the write transaction itself; or by the commit
//                   thread, if the user is busy for longer than its patience, because other processes wait meanwhile

import type { MessagePort } from 'node:worker_threads';
import type { GristmillError } from '../../../base/errors.js';
import type { Answer } from '../../../parallel/wire.js';
import type { Sealed } from '../../seal/types.js';

/** Values of the shared number. */
export const TURN = { asked: 1, granted: 2, taken: 3, filled: 4, givenBack: 5 } as const;

/**
 * Values of the second shared number. A thread that is ended within a write transaction never ends: lmdb-js's mutex stays
 * locked. So who ends the process waits for it, and has it begin none.
 */
export const WRITING = { no: 0, yes: 1, never: 2 } as const;

/** What the commit thread is started with. */
export interface CommitThreadData {
  /** The shared numbers: an Int32Array of two. */
  readonly turn: Int32Array;
  /** Where the batch of a filled turn comes from, to be received synchronously. */
  readonly batches: MessagePort;
}

/** To the commit thread. */
export type CommitOrder =
  /** The inode of the index must be this one, or it is another store's by now. */
  | ({ readonly kind: 'open'; readonly store: string; readonly inode: number | undefined } & Sealed)
  /**
   * The turn is asked for. `patience`: milliseconds that it may stay granted and not taken. `syncsLater`: it is over when it
   * is committed, and synced a little later.
   */
  | {
      readonly kind: 'begin';
      readonly patience: number;
      readonly syncsLater: boolean;
      readonly early?: Early | undefined;
    }
  | { readonly kind: 'close' };

/** What is to be written: keys and values (batch.ts), or encoded changes that the commit thread makes keys and values of. */
export interface Filled {
  readonly kind: 'batch' | 'changes';
  readonly bytes: Uint8Array;
}

/** What is sent with `filled`: undefined where there is nothing to write. */
export type Filling = Filled | undefined;

/** What was prepared without waiting, on the state after a transaction. */
export interface Early {
  readonly filled: Filled;
  /** Number of that transaction. */
  readonly after: number;
}

/** From the commit thread. */
export type CommitWord =
  | { readonly kind: 'granted' }
  | { readonly kind: 'given back' }
  /** `wrote`: whether there was anything to write. */
  | { readonly kind: 'committed'; readonly wrote: boolean }
  /** `isLost`: the commit itself failed, so that the index must not be trusted. */
  | { readonly kind: 'failed'; readonly isLost: boolean; readonly answer: Answer<never> }
  /** `lost`: commits that were over before their sync may be lost, because it failed. */
  | { readonly kind: 'closed'; readonly lost?: Answer<never> | undefined };

/** The commit itself failed: nobody knows what is on the disk. */
export class CommitFailed extends Error {
  constructor(readonly reason: GristmillError) {
    super(reason.message);
  }
}
