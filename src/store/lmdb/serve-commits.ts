// store at rest: [catalog]
//
// What the commit thread does: it has the index of one store open at a time, and waits, writes and syncs for it. It holds
// the write transaction only synchronously: between two messages it holds nothing.

import { join } from 'node:path';
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { isMissing } from '../../base/system-errors.js';
import { failed } from '../../parallel/wire.js';
import { CATALOG_FILE } from '../files/layout.js';
import { commitBatch } from './commit.js';
import {
  type Batch,
  CommitFailed,
  type CommitOrder,
  type CommitThreadData,
  type CommitWord,
  TURN,
} from './commits/turn.js';
import { type OpenIndex, openIndex } from './open.js';
import { removedError } from './opening.js';

type OpenOrder = Extract<CommitOrder, { readonly kind: 'open' }>;

interface Opened {
  readonly index: OpenIndex;
  readonly file: string;
}

/** Serves until the port is closed. */
export function serveCommits(port: MessagePort, { turn, batches }: CommitThreadData): void {
  const say = (word: CommitWord): void => port.postMessage(word);
  let store: OpenOrder | undefined;
  let opened: Opened | undefined;
  port.on('message', async (order: CommitOrder) => {
    if (order.kind === 'open') {
      store = order;
    } else if (order.kind === 'begin') {
      try {
        // Again where it could not be opened before: descriptors, say, may have been short for a moment.
        opened ??= await open(store as OpenOrder);
        say(take(opened, order.patience));
      } catch (error) {
        const reason = error instanceof CommitFailed ? error.reason : error;
        say({ kind: 'failed', isLost: error instanceof CommitFailed, answer: failed(reason) });
      }
    } else {
      if (opened !== undefined) await close(opened);
      opened = undefined;
      say({ kind: 'closed' });
    }
  });

  function take({ index, file }: Opened, patience: number): CommitWord {
    let isGivenBack = false;
    const wrote = commitBatch(index, file, () => {
      if (Atomics.compareExchange(turn, 0, TURN.asked, TURN.granted) === TURN.asked) {
        say({ kind: 'granted' });
        awaitUser(turn, patience);
      }
      isGivenBack = Atomics.load(turn, 0) !== TURN.filled;
      if (isGivenBack) return undefined;
      const batch = receiveMessageOnPort(batches)?.message as Batch;
      return batch && Buffer.from(batch.buffer, batch.byteOffset, batch.byteLength);
    });
    return isGivenBack ? { kind: 'given back' } : { kind: 'committed', wrote };
  }
}

/** Returns when the turn is filled or given back. A turn that is taken is filled soon, for its user does not wait for anything. */
function awaitUser(turn: Int32Array, patience: number): void {
  const until = performance.now() + patience;
  for (;;) {
    const state = Atomics.load(turn, 0);
    if (state === TURN.filled || state === TURN.givenBack) return;
    const left = state === TURN.granted ? until - performance.now() : Number.POSITIVE_INFINITY;
    if (left > 0) Atomics.wait(turn, 0, state, left);
    else Atomics.compareExchange(turn, 0, TURN.granted, TURN.givenBack);
  }
}

async function open({ store, inode }: OpenOrder): Promise<Opened> {
  const file = join(store, CATALOG_FILE);
  try {
    const opened = { index: await openIndex(store, { create: false, readOnly: false }), file };
    if (opened.index.inode === inode) return opened;
    await close(opened);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  throw removedError(file);
}

async function close({ index }: Opened): Promise<void> {
  await index.root.close();
  index.gate?.close();
}
