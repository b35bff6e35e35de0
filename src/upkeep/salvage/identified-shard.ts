// [repair]: [shards] > entries > pages > index in place
//
// What a shard's file is: by its tables where they are sound, else by whatever at its end is, and by the catalog. A file
// whose records cannot be told apart, or that is another shard's, is a stranger: nothing in it may be taken for ours.

import { isDead } from '../../store/catalog/tombstones.js';
import type { Blobs } from '../../store/files/blobs.js';
import type { FileWindow } from '../../store/files/file-window.js';
import type { SealedShard } from '../../store/sealed/frames.js';
import { Holes } from '../../store/shards/holes.js';
import { originOf, type ShardOrigin } from '../../store/shards/origin.js';
import { ShardReader } from '../../store/shards/read.js';
import { ShardTail, shardKeyIn } from '../../store/shards/tail.js';
import { damageOf, type FrameSalvage, isDamage, type Piece } from './frames.js';
import type { SalvageTask } from './task.js';

export class IdentifiedShard {
  readonly window: FileWindow;
  /** Undefined where the tables are damaged: `damage` says how. */
  readonly reader: ShardReader | undefined;
  /** The first damage outside of the frames. */
  readonly damage: string | undefined;
  /** What opens the frames of an encrypted store. */
  readonly sealed: SealedShard | undefined;
  readonly origin: ShardOrigin | undefined;
  readonly holes: Holes | undefined;
  /** The shape of its records, as far as it is known. */
  readonly shape: number | undefined;
  /** Why the file is a stranger. */
  readonly stranger: string | undefined;
  /** Lines of all frames, where that is known. */
  readonly #lines: number | undefined;

  constructor(
    window: FileWindow,
    { path, region, shard, expected, dead }: SalvageTask & { readonly path: string },
    blobs: Blobs,
  ) {
    this.window = window;
    try {
      this.reader = ShardReader.open(blobs, path, undefined, region);
      this.sealed = this.reader.sealed;
      this.holes = this.reader.holes;
      this.shape = this.reader.shape;
      this.#lines = this.reader.firstLine(this.reader.frames);
      this.origin = originOf(this.reader);
    } catch (error) {
      if (!isDamage(error)) this.close();
      this.damage = damageOf(error);
    }
    if (this.damage !== undefined) {
      if (this.reader === undefined) {
        try {
          const key = shardKeyIn(window, blobs, path);
          this.sealed = key && { key, frames: undefined };
        } catch (error) {
          this.stranger = damageOf(error);
          return;
        }
      }
      const tail = new ShardTail(window, path, this.sealed?.key);
      this.origin = tail.origin;
      if (this.reader === undefined) {
        this.shape = tail.shape ?? expected?.shape ?? tail.origin?.shape;
        this.holes = tail.holes ?? holesFrom(expected, dead);
        this.#lines = expected === undefined ? tail.lines : expected.records - expected.holes;
      }
    }
    this.stranger = this.#stranger(path, shard, expected);
  }

  /** Ordinals it spans; undefined where nothing says how many. */
  get records(): number | undefined {
    return this.holes?.records ?? this.#lines;
  }

  *pieces(frames: FrameSalvage): Generator<Piece> {
    if (this.reader !== undefined) yield* frames.byTables(this.reader);
    else {
      const gap = {
        from: this.window.begin,
        to: this.window.end,
        firstLine: 0,
        lines: this.#lines,
        frames: { from: 0 },
      };
      yield* frames.searched(gap, this.damage as string);
    }
  }

  close(): void {
    this.reader?.close();
  }

  #stranger(path: string, shard: number, expected: SalvageTask['expected']): string | undefined {
    // (Files that were compacted by the first versions say nothing.)
    const said = this.origin?.shard ?? shard;
    if (said !== shard) return `${path} is the file of shard ${said}, not of shard ${shard}`;
    if (expected === undefined) return undefined;
    const { records, holes } = expected;
    const found = this.holes?.lines ?? this.#lines;
    if (this.records === records && found === records - holes) return undefined;
    return `${path} has ${found} of ${this.records} records, but the catalog says ${records - holes} of ${records}`;
  }
}

/** Where all that is dead has been removed: what is dead says what is a hole. */
function holesFrom(expected: SalvageTask['expected'], dead: Uint8Array): Holes | undefined {
  if (expected === undefined || expected.holes === 0) return undefined;
  const bitmap = new Uint8Array(Math.ceil(expected.records / 8));
  for (let ordinal = 0; ordinal < expected.records; ordinal++) {
    if (isDead(dead, ordinal)) bitmap[ordinal >>> 3]! |= 1 << (ordinal & 7);
  }
  return new Holes(expected.records, bitmap);
}
