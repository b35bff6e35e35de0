// key > index page > location > [frame cache > frame > record]
//
// From the place of a record to its text. Only how a frame that is not in memory is fetched differs between the ways: read
// here and now, read off the main thread, or left to the thread of background loads.

import { type Frame, lineText } from '../store/shards/frame.js';
import { recordText } from '../store/shards/line.js';
import type { ShardReader } from '../store/shards/read.js';
import type { CollectionCaches } from './cache/collection-caches.js';
import type { Place } from './index/generation.js';

/** Records fetched at a time: bounds the frames in flight. */
export const FETCHES_MAX = 64;

/** A record in a file. */
interface LineAt {
  readonly reader: ShardReader;
  /** Of the frame in the shard, and of the line in the frame. */
  readonly index: number;
  readonly line: number;
}

export class Fetch {
  readonly #caches: CollectionCaches;

  constructor(caches: CollectionCaches) {
    this.#caches = caches;
  }

  textSync(place: Place): string {
    const cached = this.#cached(place);
    if (cached !== undefined) return cached;
    const { reader, index, line } = this.lineOf(place);
    return textIn(this.#caches.frameSync(reader, place.entry.fileNumber, index), line, place);
  }

  /** The same with the frame read off the main thread. */
  async text(place: Place): Promise<string> {
    const cached = this.#cached(place);
    if (cached !== undefined) return cached;
    const { reader, index, line } = this.lineOf(place);
    return textIn(await this.#caches.frame(reader, place.entry.fileNumber, index), line, place);
  }

  /** The same for a record that nobody waits for: off the event loop, and not counted as a read. */
  async textBehind(place: Place): Promise<string> {
    if (place.line !== undefined) return recordText(place.line, place.entry.named);
    const { index, line } = this.lineOf(place);
    const frame = this.#caches.cachedFrame(place.entry.fileNumber, index);
    return textIn(frame ?? (await this.#caches.frameBehind(place.entry, index)), line, place);
  }

  /** Texts of the records at many places, in their order; frames are fetched in the order of the shards, each once. */
  async texts(places: readonly (Place | undefined)[]): Promise<(string | undefined)[]> {
    const texts = new Array<string | undefined>(places.length).fill(undefined);
    const order = [...places.keys()].filter((i) => places[i] !== undefined);
    order.sort((i, j) => comparePlaces(places[i]!, places[j]!));
    for (let at = 0; at < order.length; at += FETCHES_MAX) {
      const fetches: Promise<void>[] = [];
      try {
        for (const i of order.slice(at, at + FETCHES_MAX)) {
          const place = places[i]!;
          texts[i] = this.#cached(place);
          if (texts[i] === undefined) fetches.push(this.#textInto(texts, i, place));
        }
      } finally {
        // Also when one could not even begin: the others must not fail unheard.
        await Promise.all(fetches);
      }
    }
    return texts;
  }

  /** The frame and the line in it of a record in a file. */
  lineOf({ entry, ordinal }: Place): LineAt {
    const reader = this.#caches.shard(entry);
    const line = reader.lineOf(ordinal);
    const index = reader.frameOf(line);
    return { reader, index, line: line - reader.firstLine(index) };
  }

  async #textInto(texts: (string | undefined)[], i: number, place: Place): Promise<void> {
    texts[i] = await this.text(place);
  }

  /** The text of a record that is in memory, or in the index. */
  #cached(place: Place): string | undefined {
    const { counters } = this.#caches;
    if (place.line !== undefined) {
      counters.inlineReads++;
      return recordText(place.line, place.entry.named);
    }
    const { index, line } = this.lineOf(place);
    const frame = this.#caches.cachedFrame(place.entry.fileNumber, index);
    if (frame === undefined) return undefined;
    counters.frameHits++;
    return textIn(frame, line, place);
  }
}

/** frame > record */
function textIn(frame: Frame, line: number, { entry }: Place): string {
  return recordText(lineText(frame, line), entry.named);
}

function comparePlaces(left: Place, right: Place): number {
  return left.entry.shard - right.entry.shard || left.ordinal - right.ordinal;
}
