// store at rest: [catalog]
//
// What the commit thread does: it has the index of one store open at a time, and waits, writes and syncs for it. It holds
// the write transaction only synchronously: between two messages it holds nothing.

import { join } from 'node:path';
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
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

interface Opened {
  readonly index: OpenIndex;
  readonly file: string;
}

/** Serves until the port is closed. */
export function serveCommits(port: MessagePort, { turn, batches }: CommitThreadData): void {
  const say = (word: CommitWord): void => port.postMessage(word);
  let opened: Promise<Opened> | undefined;
  port.on('message', async (order: CommitOrder) => {
    if (order.kind === 'open') {
      opened = open(order);
      // The first turn tells it.
      opened.catch(() => {});
    } else if (order.kind === 'begin') {
      try {
        const { index, file } = await (opened as Promise<Opened>);
        say(take(index, file, order.patience));
      } catch (error) {
        const reason = error instanceof CommitFailed ? error.reason : error;
        say({ kind: 'failed', isLost: error instanceof CommitFailed, answer: failed(reason) });
      }
    } else {
      const last = await opened?.catch(() => undefined);
      opened = undefined;
      await last?.index.root.close();
      last?.index.gate?.close();
      say({ kind: 'closed' });
    }
  });

  function take(index: OpenIndex, file: string, patience: number): CommitWord {
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

async function open({ store, inode }: { readonly store: string; readonly inode: number | undefined }): Promise<Opened> {
  const file = join(store, CATALOG_FILE);
  const index = await openIndex(store, { create: false, readOnly: false });
  if (index.inode === inode) return { index, file };
  await index.root.close();
  index.gate?.close();
  throw removedError(file);
}
