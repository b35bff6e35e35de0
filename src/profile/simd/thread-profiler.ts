// What makes profiles of lines, in this thread. Its memory is worth keeping, and so is what it knows: of a path with many values
// most further ones change nothing. So a profile goes on over all spans of a chain (import/accept/chain.ts) that the thread scans.

import { threadId } from 'node:worker_threads';
import type { Profile, WantedFacts } from '../types.js';
import type { ChainLink, ProfileImage } from './image.js';
import { Profiler } from './profiler.js';

let kept: ThreadProfiler | undefined;
let runs = 0;
/** The greatest turn of the last work. */
let last = { work: '', turn: -1 };

export class ThreadProfiler {
  readonly #profiler = new Profiler();
  /** What the profile goes on with. Absent: with nothing. */
  #chain: string | undefined;
  #run = 0;

  /**
   * Lends the profiler of this thread, or another one while that is lent. If the link comes after all others in the chain whose profile
   * it has, that profile goes on. Otherwise a new one begins: one without a chain, if there is no link or it is late.
   * @param wanted the same for all of a chain. Default: all that there is
   */
  static lend(link: ChainLink | undefined, wanted?: WantedFacts): ThreadProfiler {
    const one = kept ?? new ThreadProfiler();
    kept = undefined;
    const isLate = link !== undefined && link.work === last.work && link.turn <= last.turn;
    const chain = link === undefined || isLate ? undefined : `${link.work} ${link.chain}`;
    if (link !== undefined && !isLate) last = link;
    if (chain === undefined || one.#chain !== chain) {
      one.#profiler.clear(wanted);
      one.#run = ++runs;
    }
    one.#chain = chain;
    return one;
  }

  /** @param lines as for `Profiler.add` */
  add(lines: Uint8Array): void {
    this.#profiler.add(lines);
  }

  image(): ProfileImage {
    return { thread: threadId, ...(this.#chain !== undefined && { run: this.#run }), ...this.#profiler.image() };
  }

  /** The profile without what a proof has no use for. */
  outline(): Profile {
    return this.#profiler.outline();
  }

  /** @param isWhole whether all that was added counts; otherwise the next one begins a new profile */
  giveBack(isWhole: boolean): void {
    if (!isWhole) this.#chain = undefined;
    kept = this;
  }
}
