// store at rest: [shard]
//
// What stands between the frames and the end of a shard, read section by section without trusting any length: for shards
// whose tables are damaged. What carries a sound checksum and makes sense is believed, whatever is around it. Who made the
// shard may have written a great many headers that lead to large bodies with a wrong checksum: TAIL_WASTE_BYTES_MAX ends that.

import { FRAMES_PER_SHARD_MAX, ORIGIN_BYTES_MAX, SECTION_BYTES_MAX, TAIL_WASTE_BYTES_MAX } from '../../base/limits.js';
import { CHECKSUM_BYTES, checksumMatches } from '../files/checksum.js';
import type { FileWindow } from '../files/file-window.js';
import {
  FRAME_TABLE_MAGIC,
  frameTableFacts,
  Section,
  SKIPPABLE_HEADER_BYTES,
  SKIPPABLE_MAGIC,
  tableBytes,
} from './format.js';
import { Holes } from './holes.js';
import { decodeOrigin, type ShardOrigin } from './origin.js';

/** Where sections and tables are: the tables of a shard of FRAMES_PER_SHARD_MAX frames, and as much for sections. */
const TAIL_BYTES = 2 * (tableBytes(FRAMES_PER_SHARD_MAX).frameTable + tableBytes(FRAMES_PER_SHARD_MAX).seekTable);

const TABLE_BYTES_MAX = tableBytes(FRAMES_PER_SHARD_MAX).frameTable;
/** What is looked for, and how large it may be. */
const BYTES_MAX: ReadonlyMap<number, number> = new Map([
  [FRAME_TABLE_MAGIC, TABLE_BYTES_MAX],
  [Section.holes, SECTION_BYTES_MAX],
  [Section.origin, ORIGIN_BYTES_MAX],
]);

export class ShardTail {
  /** Bodies by magic number. */
  readonly sections = new Map<number, Buffer>();
  /** Lines of all frames, from the frame table where that is sound. */
  lines: number | undefined;
  hasHoles = false;
  readonly #window: FileWindow;
  readonly #path: string;
  #wasted = 0;

  constructor(window: FileWindow, path: string) {
    this.#window = window;
    this.#path = path;
    const { begin, end } = window;
    for (let at = Math.max(begin, end - TAIL_BYTES); at < end && this.#wasted < TAIL_WASTE_BYTES_MAX; ) {
      // The first byte of a magic number comes before what they have in common.
      const magicAt = window.find(SKIPPABLE_MAGIC, at + 1, end) - 1;
      at = this.#take(magicAt) ?? magicAt + 1;
    }
  }

  /** Undefined where it is damaged, or there is none. */
  get origin(): ShardOrigin | undefined {
    const body = this.sections.get(Section.origin);
    return body && decodeOrigin(body);
  }

  /** Undefined where they are damaged, or there are none. */
  get holes(): Holes | undefined {
    const body = this.sections.get(Section.holes);
    return body && Holes.decode(body);
  }

  /** @returns where the section or frame table that begins at `at` ends; undefined where none begins that is sound. */
  #take(at: number): number | undefined {
    const header = this.#window.at(at, SKIPPABLE_HEADER_BYTES);
    if (header.byteLength < SKIPPABLE_HEADER_BYTES || !header.subarray(1, 4).equals(SKIPPABLE_MAGIC)) return undefined;
    const magic = header.readUInt32LE(0);
    const bytes = header.readUInt32LE(4);
    const isInside = at + SKIPPABLE_HEADER_BYTES + bytes <= this.#window.end;
    if (bytes < CHECKSUM_BYTES || bytes > (BYTES_MAX.get(magic) ?? 0) || !isInside) return undefined;
    const body = this.#window.at(at + SKIPPABLE_HEADER_BYTES, bytes);
    const checksumAt = bytes - CHECKSUM_BYTES;
    if (!checksumMatches(body, checksumAt, 0, checksumAt)) {
      this.#wasted += bytes;
      return undefined;
    }
    const table = frameTableFacts(magic, body.subarray(0, checksumAt), this.#path);
    if (table === undefined) this.sections.set(magic, Buffer.from(body.subarray(0, checksumAt)));
    else ({ lines: this.lines, hasHoles: this.hasHoles } = table);
    return at + SKIPPABLE_HEADER_BYTES + bytes;
  }
}
