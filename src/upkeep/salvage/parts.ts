// [repair]: [shards] > entries > pages > index in place
//
// Which shards a file has: one, or those of a joined file, as its end says. Where that is damaged, shards are looked for: each
// ends with a frame table that carries a checksum, and with a seek table that says how long its frames are.

import { TAIL_WASTE_BYTES_MAX } from '../../base/limits.js';
import { isMissing } from '../../base/system-errors.js';
import type { BlobReader, Blobs, Region } from '../../store/files/blobs.js';
import { CHECKSUM_BYTES } from '../../store/files/checksum.js';
import { FileWindow } from '../../store/files/file-window.js';
import {
  FRAME_TABLE_MAGIC,
  frameTableFacts,
  Section,
  SKIPPABLE_HEADER_BYTES,
  SKIPPABLE_MAGIC,
  tableBytes,
} from '../../store/shards/format.js';
import { readJoined } from '../../store/shards/joined/joined.js';
import { originOf } from '../../store/shards/origin.js';
import { ShardReader } from '../../store/shards/read.js';
import { readTables } from '../../store/shards/tables.js';
import { sectionAt } from '../../store/shards/tail.js';
import { damageOf } from './frames.js';

/** A shard in a file. */
export interface Part {
  /** Absent where the file is this shard's alone. */
  readonly region?: Region;
  /** What the end of the joined file says. */
  readonly shard?: number;
  /** Whether it has to get a file of its own, because the end of this one is damaged. */
  readonly mustMove?: boolean;
}

/** @throws GristmillError CHECKSUM_MISMATCH for a path that is no file; IO_ERROR, STORE_TOO_NEW */
export function partsOf(blobs: Blobs, path: string): readonly Part[] {
  const file = blobs.open(path, 'shard');
  try {
    const joined = attempt(() => readJoined(file, path, blobs.seal));
    if (joined !== undefined) return joined;
    if (isSound(blobs, path)) return [{}];
    const search = new PartSearch(file, path, blobs.seal !== undefined);
    const regions = search.run();
    // Of the file of one shard, bytes may be missing, or there may be too many.
    const isJoined = search.ends > 1 || (search.ends === 1 && regions.length > 1 && isSound(blobs, path, regions[0]));
    return isJoined ? regions.map((region) => ({ region, mustMove: true })) : [{}];
  } finally {
    file.close();
  }
}

/** Whether a joined file is there and its end says where its shards are. @throws GristmillError IO_ERROR, STORE_TOO_NEW */
export function hasSoundEnd(blobs: Blobs, path: string): boolean {
  try {
    const file = blobs.open(path, 'shard');
    try {
      return readJoined(file, path, blobs.seal) !== undefined;
    } finally {
      file.close();
    }
  } catch (error) {
    if (!isMissing(error)) damageOf(error);
    return false;
  }
}

/** Whether tables and sections of a shard are those that were written, as far as they tell. */
function isSound(blobs: Blobs, path: string, region?: Region): boolean {
  const isRead = attempt(() => {
    const reader = ShardReader.open(blobs, path, undefined, region);
    try {
      originOf(reader);
      return true;
    } finally {
      reader.close();
    }
  });
  return isRead === true;
}

/** Undefined where what is read is damaged. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    damageOf(error);
    return undefined;
  }
}

class PartSearch {
  readonly #file: BlobReader;
  readonly #path: string;
  readonly #isSealed: boolean;
  readonly #window: FileWindow;
  readonly #regions: Region[] = [];
  /** Tables that end a part. */
  ends = 0;
  /** Where the last part ended. */
  #end = 0;
  /** Sections one after another: where the first begins and the last ends. */
  #sections = { begin: -1, end: -1 };
  #wasted = 0;

  constructor(file: BlobReader, path: string, isSealed: boolean) {
    this.#file = file;
    this.#path = path;
    this.#isSealed = isSealed;
    this.#window = new FileWindow(file);
  }

  run(): readonly Region[] {
    const { size } = this.#window;
    for (let at = 0; at < size && this.#wasted < TAIL_WASTE_BYTES_MAX; ) {
      // The first byte of a magic number comes before what they have in common.
      const magicAt = this.#window.find(SKIPPABLE_MAGIC, at + 1, size) - 1;
      if (this.#magicAt(magicAt) === Section.members) return this.#upTo(magicAt);
      at = this.#take(magicAt) ?? magicAt + 1;
    }
    return this.#upTo(size);
  }

  /** All parts, and what is between the last one and `end`. */
  #upTo(end: number): readonly Region[] {
    if (end > this.#end) this.#regions.push({ at: this.#end, bytes: end - this.#end });
    return this.#regions;
  }

  /** Takes a section, or the frame table that ends a part. @returns where it ends; undefined where none begins that is sound */
  #take(at: number): number | undefined {
    const found = sectionAt(this.#window, at, () => TAIL_WASTE_BYTES_MAX - this.#wasted);
    if (found === undefined) return undefined;
    if ('wasted' in found) {
      this.#wasted += found.wasted;
      return undefined;
    }
    const { magic, body, end } = found;
    if (magic !== FRAME_TABLE_MAGIC) {
      this.#sections = { begin: this.#sections.end === at ? this.#sections.begin : at, end };
      return end;
    }
    if (frameTableFacts(magic, body, this.#path) === undefined) return undefined;
    return this.#endPart(at, body.byteLength + CHECKSUM_BYTES);
  }

  /** The part whose frame table begins at `at`, and before it what is no part's. @returns where it ends */
  #endPart(at: number, bytes: number): number {
    const frames = (bytes - tableBytes(0).frameTable + SKIPPABLE_HEADER_BYTES) / 4;
    const end = Math.min(this.#window.size, at + SKIPPABLE_HEADER_BYTES + bytes + tableBytes(frames).seekTable);
    const framesEnd = this.#sections.end === at ? this.#sections.begin : at;
    const begin = framesEnd - (this.#frameBytes(end) ?? framesEnd - this.#end);
    if (begin > this.#end) this.#upTo(begin);
    this.#regions.push({ at: Math.max(begin, this.#end), bytes: end - Math.max(begin, this.#end) });
    this.#end = end;
    this.ends++;
    return end;
  }

  /** Bytes of the frames of the part that ends at `end`; undefined where its seek table is damaged. */
  #frameBytes(end: number): number | undefined {
    return attempt(
      () => readTables(this.#file, { begin: this.#end, end }, this.#path, this.#isSealed).framesEnd - this.#end,
    );
  }

  #magicAt(at: number): number | undefined {
    const header = this.#window.at(at, 4);
    return header.byteLength === 4 && header.subarray(1).equals(SKIPPABLE_MAGIC) ? header.readUInt32LE(0) : undefined;
  }
}
