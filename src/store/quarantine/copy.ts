// store at rest: [quarantine]
//
// The records of a quarantine file into a new one, which is sealed as its place is.

import type { BlobReader, Blobs } from '../files/blobs.js';

const READ_BYTES = 1 << 20;

/**
 * Copies an open file into a new one, and makes that durable; not its name.
 * @param step lets others have their turn, and throws to stop
 * @throws GristmillError CHECKSUM_MISMATCH, DISK_FULL, IO_ERROR; what `step` throws
 */
export async function copyQuarantine(
  reader: BlobReader,
  into: Blobs,
  path: string,
  step: (bytes: number, records: number) => Promise<void>,
): Promise<void> {
  const writer = into.create(path, 'quarantine file');
  try {
    const chunk = Buffer.allocUnsafe(READ_BYTES);
    for (let at = 0; at < reader.size; ) {
      const read = reader.readSync(chunk, at);
      if (read === 0) break;
      writer.append(chunk.subarray(0, read));
      at += read;
      await step(0, 0);
    }
  } finally {
    writer.close();
  }
  await into.sync(path);
}
