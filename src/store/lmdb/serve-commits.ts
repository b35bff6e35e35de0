// store at rest: [catalog]
//
// What the commit thread does: it has the index of one store open at a time, and waits, writes and syncs for it. It holds
// the write transaction only synchronously: between two messages it holds nothing. A thread that dies within a write
// transaction leaves a mutex locked, and never ends (lmdb-js, cleanupStrayTxns): what may want for memory is done before.

import { join } from 'node:path';
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { withholdText } from '../../base/snippet.js';
import { isMissing } from '../../base/system-errors.js';
import { failed } from '../../parallel/wire.js';
import { Decoded } from '../catalog/decoded.js';
import { CatalogReader } from '../catalog/read.js';
import { CatalogWriter, type WritableByteMap } from '../catalog/write.js';
import type { StorePlace } from '../files/blobs.js';
import { loadChecksums } from '../files/checksum.js';
import { CATALOG_FILE } from '../files/layout.js';
import { forget } from '../ring/ring.js';
import { filesOf } from '../sealed/files.js';
import type { CatalogRead, CatalogWrite } from '../types.js';
import { commitTo, type Targets, writeBatchTo } from './commit.js';
import { CommitRoom } from './commit-room.js';
import { LaterSync } from './commits/later-sync.js';
import {
  CommitFailed,
  type CommitOrder,
  type CommitThreadData,
  type CommitWord,
  type Filled,
  type Filling,
  TURN,
  WRITING,
} from './commits/turn.js';
import { DURABLE, SYNCED_LATER } from './lmdb.js';
import { byteMaps } from './maps.js';
import { type OpenIndex, openIndex } from './open.js';
import { removedError } from './opening.js';

type OpenOrder = Extract<CommitOrder, { readonly kind: 'open' }>;
type BeginOrder = Extract<CommitOrder, { readonly kind: 'begin' }>;

interface Target {
  readonly catalog: CatalogRead;
  readonly write: CatalogWrite;
  readonly place: StorePlace;
}

/** Reads encoded changes. @returns what writes them, within a transaction */
export type Applier = (encoded: Uint8Array) => (target: Target) => void;

interface Opened {
  readonly index: OpenIndex;
  readonly file: string;
  readonly place: StorePlace;
  readonly catalog: CatalogRead;
  readonly decoded: Decoded;
  readonly room: CommitRoom;
  readonly syncing: LaterSync;
  readonly apply: Applier;
}

/** Serves until the port is closed. @param applier makes what writes the changes of one store */
export function serveCommits(port: MessagePort, { turn, batches }: CommitThreadData, applier: () => Applier): void {
  loadChecksums();
  const say = (word: CommitWord): void => port.postMessage(word);
  let store: OpenOrder | undefined;
  let opened: Opened | undefined;
  port.on('message', async (order: CommitOrder) => {
    if (order.kind === 'open') {
      store = order;
    } else if (order.kind === 'begin') {
      try {
        // Again where it could not be opened before: descriptors, say, may have been short for a moment.
        opened ??= await open(store as OpenOrder, applier());
        say(take(opened, order));
      } catch (error) {
        const reason = error instanceof CommitFailed ? error.reason : error;
        say({ kind: 'failed', isLost: error instanceof CommitFailed, answer: failed(reason) });
      }
    } else {
      const lost = await opened?.syncing.settled();
      if (opened !== undefined) await close(opened);
      opened = undefined;
      // The thread may be kept for another store.
      if (store?.seal !== undefined) forget(store.seal);
      store = undefined;
      say({ kind: 'closed', lost: lost && failed(lost.reason) });
    }
  });

  function take(opened: Opened, { patience, early, syncsLater }: BeginOrder): CommitWord {
    const { index, file, syncing } = opened;
    syncing.assertSynced();
    const writeEarly = early && writer(opened, early.filled);
    let isGivenBack = false;
    const fill = (targets: Targets): boolean => {
      if (writeEarly !== undefined && isNewest(index, early!.after)) {
        isGivenBack = Atomics.compareExchange(turn, 0, TURN.asked, TURN.filled) !== TURN.asked;
        return !isGivenBack && writeEarly(targets);
      }
      if (Atomics.compareExchange(turn, 0, TURN.asked, TURN.granted) === TURN.asked) {
        say({ kind: 'granted' });
        awaitUser(turn, patience);
      }
      isGivenBack = Atomics.load(turn, 0) !== TURN.filled;
      if (isGivenBack) return false;
      const filling = receiveMessageOnPort(batches)?.message as Filling;
      return filling !== undefined && writer(opened, filling)(targets);
    };
    // The process is ending, and must not wait for a transaction that begins now.
    if (Atomics.compareExchange(turn, 1, WRITING.no, WRITING.yes) !== WRITING.no) return { kind: 'given back' };
    let wrote: boolean;
    try {
      wrote = commitTo(index, file, fill, syncsLater ? SYNCED_LATER : DURABLE);
    } finally {
      Atomics.store(turn, 1, WRITING.no);
      Atomics.notify(turn, 1);
    }
    if (wrote && syncsLater) syncing.order();
    return isGivenBack ? { kind: 'given back' } : { kind: 'committed', wrote };
  }
}

/** Whether the last transaction, when nobody else can commit, is the one of this number. */
function isNewest({ root }: OpenIndex, after: number): boolean {
  return root.env.getWriteTxnId() - 1 === after;
}

/** Returns what writes this, and returns true: there is something to commit. */
function writer(
  { file, place, catalog, decoded, room, apply }: Opened,
  { kind, bytes }: Filled,
): (targets: Targets) => boolean {
  if (kind === 'batch') return (targets) => writeBatchTo(targets, bytes);
  const write = apply(bytes);
  return ({ meta, pages }) => {
    room.begin();
    write({ catalog, write: new CatalogWriter(file, counted(room, meta), counted(room, pages), decoded), place });
    return true;
  };
}

/** The same database, where each put asks for its room. */
function counted(room: CommitRoom, map: WritableByteMap): WritableByteMap {
  return {
    put(key, value) {
      room.take(key.byteLength + value.byteLength);
      map.put(key, value);
    },
    remove: (key) => map.remove(key),
    keys: (range) => map.keys(range),
  };
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

async function open({ store, inode, seal }: OpenOrder, apply: Applier): Promise<Opened> {
  const file = join(store, CATALOG_FILE);
  try {
    const index = await openIndex(store, { create: false, readOnly: false, seal });
    if (index.inode === inode) {
      const { meta, pages } = byteMaps(index, () => {});
      if (seal !== undefined) withholdText(seal);
      const place = { directory: store, blobs: filesOf(seal), seal };
      const decoded = new Decoded(index.sealed?.seal);
      const catalog = new CatalogReader(file, meta, pages, decoded);
      const [room, syncing] = [new CommitRoom(file), new LaterSync(index.root.env, file)];
      return { index, file, place, catalog, decoded, room, syncing, apply };
    }
    await close({ index });
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  throw removedError(file);
}

async function close({ index }: Pick<Opened, 'index'>): Promise<void> {
  await index.root.close();
  index.gate?.close();
}
