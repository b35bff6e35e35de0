// A profile as it is in the profiler's memory: copied at once, and read only if somebody wants it. A thread makes one profile of many
// spans or shards, and gives an image of it after each of them; only the last one that counts is read.

import { bounded } from '../bound.js';
import { mergeProfiles } from '../merge.js';
import type { Profile } from '../types.js';
import { PathReader } from './read-path.js';

/** The arena of the profiler's memory (src/kernel/assembly/profile/memory.ts). */
export interface ProfileMemory {
  /** In an image: shared, so that no other thread needs a copy. */
  readonly bytes: Uint8Array;
  /** Address of its first byte. */
  readonly base: number;
  /** Address of the path of the records. */
  readonly root: number;
  readonly records: number;
}

/** What a thread has profiled so far. */
export interface ProfileImage extends ProfileMemory {
  readonly thread: number;
  /** Number of the profile in its thread: a later image of the same one has all that this one has. Absent: no other image follows. */
  readonly run?: number;
}

/** The place of a span or shard among those whose records a thread may profile together. */
export interface ChainLink {
  /** Of the import, or whatever reads the records. */
  readonly work: string;
  readonly chain: string;
  /** Rises from one span of the work to the next. */
  readonly turn: number;
}

/** A task whose records are profiled. */
export interface Linked {
  /** Among those that a thread may profile together. Absent: it has a profile of its own. */
  readonly link?: ChainLink | undefined;
}

/** The profile of all spans or shards whose images it is given, in the order in which each thread made them. */
export class ImageSum {
  #sum: Profile | undefined;
  readonly #last = new Map<number, ProfileImage>();

  add(image: ProfileImage): void {
    const { thread, run } = image;
    if (run === undefined) {
      this.#read(image);
      return;
    }
    const last = this.#last.get(thread);
    if (last !== undefined && last.run !== run) this.#read(last);
    this.#last.set(thread, image);
  }

  /** Undefined: there was no image. */
  profile(): Profile | undefined {
    for (const image of this.#last.values()) this.#read(image);
    this.#last.clear();
    return this.#sum;
  }

  #read(image: ProfileImage): void {
    const profile = profileIn(image);
    this.#sum = this.#sum === undefined ? profile : mergeProfiles(this.#sum, profile);
  }
}

/** @param isOutline whether hashes and examples of values are left out */
export function profileIn({ bytes, base, root, records }: ProfileMemory, isOutline = false): Profile {
  return { records, root: bounded(new PathReader(bytes, base, isOutline).read(root)) };
}
