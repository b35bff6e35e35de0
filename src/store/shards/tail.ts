// store at rest: [shard]
//
// What stands between the frames and the end of a shard, read section by section without trusting any length: for shards
// whose tables are damaged. What carries a sound checksum and makes sense is believed, whatever is around it. Who made the
// shard may have written a great many headers that lead to large bodies with a wrong checksum: TAIL_WASTE_BYTES_MAX ends that.

import { FRAMES_PER_SHARD_MAX, ORIGIN_BYTES_MAX, SECTION_BYTES_MAX, TAIL_WASTE_BYTES_MAX } from '../../base/limits.js';
import type { Blobs } from '../files/blobs.js';
import { CHECKSUM_BYTES, checksumMatches } from '../files/checksum.js';
import type { FileWindow } from '../files/file-window.js';
import { openSection, openShardKey, SEAL_HEAD_BYTES, SEALED_FRAME_MAGIC, type ShardKey } from '../sealed/shard-key.js';
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
  shape: number | undefined;
  readonly #window: FileWindow;
  readonly #path: string;
  readonly #key: ShardKey | undefined;
  #wasted = 0;

  /** @param key of a sealed shard: only what it opens is believed */
  constructor(window: FileWindow, path: string, key?: ShardKey) {
    this.#key = key;
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
    const found = sectionAt(this.#window, at, (magic) => BYTES_MAX.get(magic) ?? 0);
    if (found === undefined) return undefined;
    if ('wasted' in found) {
      this.#wasted += found.wasted;
      return undefined;
    }
    const { magic, body, end } = found;
    const table = frameTableFacts(magic, body, this.#path);
    if (table === undefined) {
      const plain = this.#key === undefined ? Buffer.from(body) : openSection(this.#key, magic, body);
      if (plain !== undefined) this.sections.set(magic, plain);
    } else if (this.#key === undefined) {
      // The counts of a sealed shard are believed only with its tag.
      ({ lines: this.lines, hasHoles: this.hasHoles, shape: this.shape } = table);
    }
    return end;
  }
}

/** The key of the sealed shard that begins with a window. Undefined in a plain store. @throws GristmillError CHECKSUM_MISMATCH, STORE_TOO_NEW */
export function shardKeyIn(window: FileWindow, { seal }: Pick<Blobs, 'seal'>, path: string): ShardKey | undefined {
  const { begin } = window;
  return seal && openShardKey(seal, Buffer.from(window.at(begin, SEAL_HEAD_BYTES)), undefined, path, begin);
}

/** A section or frame table with a sound checksum. */
interface FoundSection {
  readonly magic: number;
  /** Without the checksum. It is valid until the window is asked again. */
  readonly body: Buffer;
  /** One past it. */
  readonly end: number;
}

/**
 * The section or frame table that begins at `at`; undefined where none begins. With a wrong checksum: the bytes that were read in
 * vain. @param bytesMax how large one with this magic number may be
 */
export function sectionAt(
  window: FileWindow,
  at: number,
  bytesMax: (magic: number) => number,
): FoundSection | { readonly wasted: number } | undefined {
  const header = window.at(at, SKIPPABLE_HEADER_BYTES);
  if (header.byteLength < SKIPPABLE_HEADER_BYTES || !header.subarray(1, 4).equals(SKIPPABLE_MAGIC)) return undefined;
  const magic = header.readUInt32LE(0);
  if (magic === SEALED_FRAME_MAGIC) return undefined;
  const bytes = header.readUInt32LE(4);
  const end = at + SKIPPABLE_HEADER_BYTES + bytes;
  if (bytes < CHECKSUM_BYTES || bytes > bytesMax(magic) || end > window.end) return undefined;
  const body = window.at(at + SKIPPABLE_HEADER_BYTES, bytes);
  const checksumAt = bytes - CHECKSUM_BYTES;
  if (!checksumMatches(body, checksumAt, 0, checksumAt)) return { wasted: bytes };
  return { magic, body: body.subarray(0, checksumAt), end };
}
