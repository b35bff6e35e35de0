// [convert]: [shards] > index > rejected records > in place
//
// Writes a shard once more, as it is: with the same frames of zstd, the same lines and ordinals. What may differ is whether it
// is sealed, and by which data key. Every frame is verified before it is written: what is damaged does not get a new seal.

import { zstdIn } from '../../store/sealed/frames.js';
import { originOf } from '../../store/shards/origin.js';
import type { ShardReader } from '../../store/shards/read.js';
import type { ShardSummary, ShardWriter } from '../../store/shards/write.js';

/**
 * @param pause is called for each frame, and throws to stop
 * @throws GristmillError CHECKSUM_MISMATCH, DISK_FULL, IO_ERROR; what `pause` throws
 */
export async function copyShard(
  reader: ShardReader,
  writer: ShardWriter,
  pause: (bytes: number, records: number) => Promise<void>,
): Promise<ShardSummary> {
  const { sealed, path } = reader;
  for await (const { index, plain, stored } of reader.readFrames()) {
    const { offset, records } = reader.spanOf(index);
    writer.appendFrame(zstdIn(sealed, stored, plain.byteLength, path, offset, index), plain.byteLength, records);
    await pause(stored.byteLength, records);
  }
  return writer.finish(originOf(reader) ?? {}, reader.holes, reader.shape);
}
