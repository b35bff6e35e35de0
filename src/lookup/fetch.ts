// key > index page > location > [frame cache > frame > record]
//
// From the place of a record to its text. Only how a frame that is not in memory is fetched differs between the ways: read
// here and now, read off the main thread, or left to the thread of background loads.

import { type Frame, lineText } from '../store/shards/frame.js';
import { recordText } from '../store/shards/line.js';
import type { Place } from '../store/shards/place.js';
import type { ShardReader } from '../store/shards/read.js';
import type { CollectionCaches } from './cache/collection-caches.js';

/** Records fetched at a time: bounds the frames in flight. */
export const FETCHES_MAX = 64;

/** A place with all that a read needs to know of it: inline, or in a frame of a file. */
export type Address = InlinePlace | FileAddress;

type InlinePlace = Place & { readonly inline: string };

interface FileAddress extends Place {
  /** The open shard, for as long as no other one takes its descriptor: use it in the turn that it was given in. */
  readonly reader: ShardReader;
  /** Number of the frame in the shard, and of the line in the frame. */
  readonly frame: number;
  readonly line: number;
}

export function isInline(address: Place): address is InlinePlace {
  return address.inline !== undefined;
}

export class Fetch {
  readonly #caches: CollectionCaches;

  constructor(caches: CollectionCaches) {
    this.#caches = caches;
  }

  /** @throws GristmillError of the shard's file; with cause ENOENT when another process has replaced it meanwhile */
  address(place: Place): Address {
    if (isInline(place)) return place;
    const { entry, ordinal, form } = place;
    const reader = this.#caches.shard(entry);
    const lineInShard = reader.lineOf(ordinal);
    const frame = reader.frameOf(lineInShard);
    return { entry, ordinal, form, reader, frame, line: lineInShard - reader.firstLine(frame) };
  }

  textSync(address: Address): string {
    return recordText(this.#lineSync(address), address.form);
  }

  /** The same with the frame read off the main thread. */
  async text(address: Address): Promise<string> {
    if (isInline(address)) return recordText(this.#inlineLine(address), address.form);
    const frame = this.#cached(address);
    return frame === undefined ? this.#loaded(address) : textIn(frame, address);
  }

  /** The same for a record that no read waits for: off the event loop, and not counted as a read. */
  async textBehind(place: Place): Promise<string> {
    const address = this.address(place);
    if (isInline(address)) return recordText(address.inline, address.form);
    const { entry, frame } = address;
    const cached = this.#caches.cachedFrame(entry.fileNumber, frame);
    const text = (found: Frame): string => textIn(found, address);
    return cached === undefined ? this.#caches.frameBehind(entry, frame, text) : text(cached);
  }

  /**
   * Texts of the records at many places, in their order; frames are fetched in the order of the shards, each once. Addresses
   * are found as they are needed: the shards of all places may be more than can be open.
   */
  async texts(places: readonly (Place | undefined)[]): Promise<(string | undefined)[]> {
    const lines = await this.lines(places);
    return lines.map((line, i) => line && recordText(line, places[i]!.form));
  }

  /** The same as lines: in shards with names, a line has the name of its record too. */
  async lines(places: readonly (Place | undefined)[]): Promise<(string | undefined)[]> {
    const lines = new Array<string | undefined>(places.length).fill(undefined);
    const order = inOrder(places);
    for (let at = 0; at < order.length; at += FETCHES_MAX) {
      const fetches: Promise<void>[] = [];
      try {
        for (const i of order.slice(at, at + FETCHES_MAX)) {
          const address = this.address(places[i]!);
          if (isInline(address)) {
            lines[i] = this.#inlineLine(address);
            continue;
          }
          const frame = this.#cached(address);
          if (frame !== undefined) lines[i] = lineText(frame, address.line);
          else fetches.push(this.#lineInto(lines, i, address));
        }
      } finally {
        // Also when one could not even begin: the others must not fail unheard.
        await Promise.all(fetches);
      }
    }
    return lines;
  }

  /** The same, with frames that are not in memory read while the thread waits. */
  linesSync(places: readonly Place[]): string[] {
    const lines = new Array<string>(places.length);
    const others = places.map((place, i) => {
      const line = this.#lineAtHand(this.address(place));
      if (line === undefined) return place;
      lines[i] = line;
      return undefined;
    });
    // Most often there are none.
    for (const i of inOrder(others)) lines[i] = this.#lineSync(this.address(places[i]!));
    return lines;
  }

  async #lineInto(lines: (string | undefined)[], i: number, address: FileAddress): Promise<void> {
    const { entry, reader, frame, line } = address;
    lines[i] = await this.#caches.frame(reader, entry.fileNumber, frame, (loaded) => lineText(loaded, line));
  }

  #lineSync(address: Address): string {
    if (isInline(address)) return this.#inlineLine(address);
    const { entry, reader, frame, line } = address;
    return lineText(this.#cached(address) ?? this.#caches.frameSync(reader, entry.fileNumber, frame), line);
  }

  /** The line, if it is inline or its frame is in memory. */
  #lineAtHand(address: Address): string | undefined {
    if (isInline(address)) return this.#inlineLine(address);
    const frame = this.#cached(address);
    return frame && lineText(frame, address.line);
  }

  #inlineLine({ inline }: InlinePlace): string {
    this.#caches.counters.inlineReads++;
    return inline;
  }

  /** The text of a record whose frame is not in memory. */
  #loaded(address: FileAddress): Promise<string> {
    const { entry, reader, frame } = address;
    return this.#caches.frame(reader, entry.fileNumber, frame, (loaded) => textIn(loaded, address));
  }

  /** The frame, if it is in memory. */
  #cached({ entry, frame: index }: FileAddress): Frame | undefined {
    const frame = this.#caches.cachedFrame(entry.fileNumber, index);
    if (frame !== undefined) this.#caches.counters.frameHits++;
    return frame;
  }
}

/** frame > record */
function textIn(frame: Frame, { line, form }: FileAddress): string {
  return recordText(lineText(frame, line), form);
}

/** The numbers of the places that are given, in the order of the shards. */
function inOrder(places: readonly (Place | undefined)[]): number[] {
  const order = [...places.keys()].filter((i) => places[i] !== undefined);
  return order.sort((i, j) => comparePlaces(places[i]!, places[j]!));
}

function comparePlaces(left: Place, right: Place): number {
  return left.entry.shard - right.entry.shard || left.ordinal - right.ordinal;
}
