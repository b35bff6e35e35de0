// [index]: [shards > entries] > pages > publish
//
// One shard, in a worker: its text is decompressed frame by frame and goes to the kernel, which finds the keys of the index
// as an import finds them. Nothing is salvaged: a frame that is damaged ends the work with an error.

import { GristmillError } from '../../base/errors.js';
import { READ_WINDOW_BYTES } from '../../base/limits.js';
import type { BadReasonName } from '../../kernel/contract.js';
import { SharedProgress } from '../../parallel/shared-progress.js';
import { Cancelled } from '../../parallel/wire.js';
import type { BlobReader, Blobs } from '../../store/files/blobs.js';
import { formAlong } from '../../store/shards/forms.js';
import { ShardReader } from '../../store/shards/read.js';
import { TextRoom } from '../../store/shards/text-room.js';
import { EntryScan } from '../salvage/entries.js';
import { readLines } from '../salvage/inline-text.js';
import type { IndexResult, IndexTask } from './task.js';

/** Ends the scan of a shard at the first record that is refused. */
class Refused extends Error {
  constructor(
    readonly ordinal: number,
    readonly reason: BadReasonName,
  ) {
    super(reason);
  }
}

/** One for the thread: its memory stays. */
let room: TextRoom | undefined;
let buffer = Buffer.alloc(0);

/** @throws GristmillError CHECKSUM_MISMATCH, IO_ERROR, DISK_FULL; Cancelled */
export function indexShard(task: IndexTask, blobs: Blobs): IndexResult {
  const { setup, entry, path, ordinals, runPath } = task;
  const entries = new EntryScan(blobs, setup, entry.shard, runPath, (ordinal, reason) => {
    throw new Refused(ordinal, reason);
  });
  try {
    if (ordinals === undefined) readFrames(task, blobs, entries);
    else {
      readLines(blobs, path, ordinals, entries);
      new SharedProgress(task.shared).add(entry.plainBytes, ordinals.length);
    }
    return { runs: entries.finish().runs };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { ordinal, reason } = error;
    return { runs: [], refused: { ordinal, reason } };
  } finally {
    entries.close();
  }
}

function readFrames({ path, entry, route, dead, shared }: IndexTask, blobs: Blobs, entries: EntryScan): void {
  const form = formAlong(entry, route);
  const progress = new SharedProgress(shared);
  const reader = ShardReader.open(blobs, path, entry);
  const file = blobs.open(path, 'shard');
  try {
    const { holes } = reader;
    const { codec } = reader;
    const isWhole = holes === undefined && dead.byteLength === 0 && form.reshape === undefined;
    for (let index = 0; index < reader.frames; ) {
      if (progress.isCancelled) throw new Cancelled();
      const start = reader.offsetOf(index);
      let end = index + 1;
      while (end < reader.frames && reader.offsetOf(end + 1) - start <= READ_WINDOW_BYTES) end++;
      const bytes = readInto(file, start, reader.offsetOf(end) - start);
      const first = reader.firstLine(index);
      let plain = 0;
      for (; index < end; index++) {
        const offset = reader.offsetOf(index);
        const frame = bytes.subarray(offset - start, reader.offsetOf(index + 1) - start);
        const plainBytes = reader.plainBytesOf(index);
        const firstLine = reader.firstLine(index);
        const lines = reader.linesOf(index);
        if (isWhole) {
          codec.decode((size) => entries.room(size), frame, plainBytes, path, offset, index);
          if (!entries.addRoom(plainBytes, firstLine, lines)) throw wrongLines(reader, index);
        } else {
          room ??= new TextRoom();
          if (room.linesOf(codec, frame, plainBytes, path, offset, index) !== lines) throw wrongLines(reader, index);
          entries.addLive(room.text(plainBytes), { firstLine, lines, holes, dead, form });
        }
        plain += plainBytes;
      }
      progress.add(plain, reader.firstLine(end) - first);
    }
  } finally {
    file.close();
    reader.close();
  }
}

function wrongLines(reader: ShardReader, index: number): GristmillError {
  const facts = { file: reader.path, offset: reader.offsetOf(index) };
  const message = `frame ${index} of ${reader.path} does not have the ${reader.linesOf(index)} lines that its table says; verify the store`;
  return new GristmillError('CHECKSUM_MISMATCH', message, facts);
}

/** Bytes of the file, fewer only at its end; valid until the next call. */
function readInto(file: BlobReader, offset: number, length: number): Buffer {
  if (buffer.byteLength < length) buffer = Buffer.allocUnsafeSlow(Math.max(length, READ_WINDOW_BYTES));
  return buffer.subarray(0, file.readSync(buffer.subarray(0, length), offset));
}
