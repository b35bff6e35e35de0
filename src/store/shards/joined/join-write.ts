// store at rest: [shard]
//
// Writes a joined file; joined.ts draws it. A shard is copied as it is, or written anew. The file is made under another name
// and gets its own when it is whole and synced: a part of it would look like the file of one shard to a repair.

import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { GristmillError } from '../../../base/errors.js';
import { failpoint } from '../../../base/failpoints.js';
import type { FrameEncoder } from '../../codec/frame-codec.js';
import type { Blobs, BlobWriter } from '../../files/blobs.js';
import { encoderOf, PACKED } from '../packing.js';
import type { ShardReader } from '../read.js';
import type { TableRow } from '../tables.js';
import { type ShardFile, type ShardSummary, ShardWriter } from '../write.js';
import { encodeJoined, type JoinedShard } from './joined.js';

const UNFINISHED_SUFFIX = '.unfinished';

export class JoinedWriter {
  readonly #blobs: Blobs;
  readonly #path: string;
  readonly #file: BlobWriter;
  readonly #shards: JoinedShard[] = [];
  readonly #rows: TableRow[] = [];
  #bytes = 0;

  /** Creates the file, which must not exist. */
  constructor(blobs: Blobs, path: string) {
    this.#blobs = blobs;
    this.#path = path;
    this.#file = blobs.create(path + UNFINISHED_SUFFIX, 'shard');
  }

  /** Bytes so far: where the next shard begins. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Appends a shard as it is. @throws GristmillError CHECKSUM_MISMATCH where that is not `sha256`; IO_ERROR, DISK_FULL */
  async copy(shard: number, reader: ShardReader, sha256: string): Promise<void> {
    const at = this.#bytes;
    const hash = createHash('sha256');
    for await (const chunk of reader.bytes()) {
      hash.update(chunk);
      this.#append(chunk);
    }
    if (hash.digest('hex') !== sha256) {
      const message = `${reader.path} is damaged: the SHA-256 of shard ${shard} is not the one in the catalog; verify the store`;
      throw new GristmillError('CHECKSUM_MISMATCH', message, { file: reader.path, offset: reader.offsetOf(0) });
    }
    this.#add(
      shard,
      at,
      Array.from({ length: reader.frames }, (_, index) => reader.spanOf(index)),
    );
  }

  /** Appends a shard that is written anew. @param write writes and finishes it. @param encoder makes its frames */
  async write(
    shard: number,
    write: (writer: ShardWriter) => Promise<ShardSummary>,
    encoder: FrameEncoder = encoderOf(this.#blobs.codec, PACKED),
  ): Promise<ShardSummary> {
    const at = this.#bytes;
    const part: ShardFile = { append: (bytes) => this.#append(bytes), close() {} };
    const writer = ShardWriter.within(this.#blobs, this.#path, part, encoder, shard);
    const summary = await write(writer);
    this.#add(shard, at, writer.rows);
    return summary;
  }

  /** Writes the end of the file and makes the file durable under its name. */
  async finish(): Promise<void> {
    const unfinished = this.#path + UNFINISHED_SUFFIX;
    this.#append(encodeJoined(this.#shards, this.#rows, this.#blobs.seal));
    this.#file.close();
    await this.#blobs.sync(unfinished);
    failpoint('compact.join');
    this.#blobs.rename(unfinished, this.#path);
    this.#blobs.syncDirectory(dirname(this.#path));
  }

  /** Closes and removes the file, whatever it is called by now. */
  abort(): void {
    this.#file.close();
    for (const path of [this.#path + UNFINISHED_SUFFIX, this.#path]) this.#blobs.remove(path);
  }

  #append(bytes: Uint8Array): void {
    this.#file.append(bytes);
    this.#bytes += bytes.byteLength;
  }

  #add(shard: number, at: number, rows: readonly TableRow[]): void {
    const region = { at, bytes: this.#bytes - at };
    this.#shards.push({ shard, region });
    let frameBytes = 0;
    for (const { storedBytes, plainBytes, records } of rows) {
      this.#rows.push({ storedBytes, plainBytes, records });
      frameBytes += storedBytes;
    }
    this.#rows.push({ storedBytes: region.bytes - frameBytes, plainBytes: 0, records: 0 });
  }
}
