// source > plan > [map > scan > key > frame > shard > verify] > merge > publish
//
// Which spans have a profile together. A thread profiles the spans of a chain as one, and says after each span what it knows by then:
// so a profile is read and added to others once a thread, and not once a span. The price is that nothing can be taken out of it. If a
// span is discarded, the results that came after it in the same profile do not count either, and are scanned again alone; a new chain
// begins. That is rare: guesses are seldom wrong.

import type { SpanResult } from '../tasks/span.js';

export class ProfileChain {
  readonly #destination: number;
  #number = 0;
  /** Profiles with records that do not count. */
  readonly #spoilt = new Set<string>();

  /** @param destination number of the collection */
  constructor(destination: number) {
    this.#destination = destination;
  }

  /** Name of the chain of a span that is begun now. */
  get name(): string {
    return `${this.#destination}.${this.#number}`;
  }

  /** Whether the profile that came with a result has records of a span that was discarded. */
  isSpoilt({ profile }: SpanResult): boolean {
    return profile !== undefined && this.#spoilt.has(nameOf(profile));
  }

  /** The records of a span do not count. */
  discard({ profile }: SpanResult): void {
    if (profile?.run === undefined) return;
    this.#spoilt.add(nameOf(profile));
    this.#number++;
  }
}

function nameOf({ thread, run }: NonNullable<SpanResult['profile']>): string {
  return `${thread}.${run}`;
}
