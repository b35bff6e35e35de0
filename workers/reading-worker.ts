// What runs in a worker thread that only reads shards: the pieces of an export, the shards of a verification. It is a file of its own
// because a thread is loaded for each run, and what an import needs takes several times as long to load.

import { parentPort } from 'node:worker_threads';
import type { Piece } from '../src/export/pack/piece.js';
import type { MovedBytes, PieceOrder } from '../src/export/work/task.js';
import { writePiece } from '../src/export/write-piece.js';
import { answer } from '../src/parallel/wire.js';
import { blobsOf } from '../src/store/sealed/thread-files.js';
import { type VerifyTask, verifyShard } from '../src/upkeep/verify/shard.js';

/** Answered when all of the above is loaded. */
export const ready = () => undefined;
export const verify = (task: VerifyTask) => answer(() => verifyShard(task, blobsOf(task)));
/** The bytes of the piece are moved, not copied. The pool can move only what its own function has marked, so they go beside it. */
export const piece = ({ ticket, ...task }: PieceOrder) =>
  answer((): Omit<Piece, 'bytes'> => {
    const { bytes, ...facts } = writePiece(task, blobsOf(task));
    parentPort!.postMessage({ ticket, bytes } satisfies MovedBytes, [bytes.buffer as ArrayBuffer]);
    return facts;
  });
