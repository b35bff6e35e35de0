// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// Where a JSON Pointer leads in a document that is walked over (import/source/document.ts): whether the value at hand is the
// one that it names, and how far it leads if it names nothing. The containers on the way are the outermost ones of those that
// are open, so their number is all that has to be known of them.

import { isOnePlace, type Places } from '../../keys/paths.js';
import { nothingThere } from './faults.js';
import { nameOf } from './name.js';

const NAMES_SHOWN = 10;

export class Trail {
  readonly places: Places;
  /** Whether a document may have several containers. */
  readonly isWildcard: boolean;
  /** Whether the document has the place. */
  isFound = false;
  /** Whether a name on the way occurs twice in its object; the first one was followed. */
  isAmbiguous = false;
  /** Containers that are open, and those of them that the pointer leads through. */
  #depth = 0;
  #reached = 0;
  /** Of each of these, whether the pointer's name has been met in it. */
  readonly #isMatched: boolean[] = [];
  /** Whether the value at hand is the one that the pointer names, or on the way to it. */
  #isHere = true;
  /** How many tokens of the pointer led somewhere. */
  #followed = 0;
  /** Names beside the one that is looked for where the pointer leads no further, the first few. */
  #names: string[] = [];

  constructor(places: Places) {
    this.places = places;
    this.isWildcard = !isOnePlace(places);
  }

  /** Whether the pointer leads into the innermost container, so that the names in it matter. */
  get leadsOn(): boolean {
    return this.#reached === this.#depth;
  }

  /** An element of an array is about to begin. */
  element(index: number): void {
    const place = this.places[this.#depth - 1];
    this.#isHere = this.leadsOn && (place === null || place === String(index));
  }

  /** @param token the name of the member at hand, as it is spelled; undefined for one that no pointer has */
  name(token: string | undefined): void {
    this.#isHere = this.leadsOn && token !== undefined && this.#isNext(token);
  }

  /** A value begins. @returns whether the records have to be in it */
  begin(): boolean {
    if (!this.#isHere) return false;
    if (this.#depth > this.#followed) {
      this.#followed = this.#depth;
      this.#names = [];
    }
    if (this.#depth !== this.places.length || (this.isFound && !this.isWildcard)) return false;
    if (this.isWildcard) this.isFound = true;
    return true;
  }

  /** The value at hand is a container. */
  open(): void {
    if (this.#isHere) this.#isMatched[this.#reached++] = false;
    this.#depth++;
    this.#isHere = false;
  }

  /** A container ends. @param elements its elements or members */
  close(elements: number): void {
    const isOnPath = this.leadsOn;
    this.#depth--;
    if (!isOnPath) return;
    this.#reached--;
    // No place is missing where a wildcard stands for nothing.
    if (elements === 0 && this.places[this.#depth] === null) this.isFound = true;
  }

  /** The document has ended. @throws SELECT_NOT_FOUND */
  finish(file: string): void {
    if (!this.isFound) throw nothingThere(file, this.places, this.#followed, this.#names);
  }

  /** Whether a name is the pointer's next token. */
  #isNext(token: string): boolean {
    const at = this.#depth - 1;
    if (this.places[at] === null) return true;
    const name = nameOf(token);
    if (name !== this.places[at]) {
      const isNews = this.#names.length < NAMES_SHOWN && !this.#names.includes(name);
      if (at === this.#followed && isNews) this.#names.push(name);
      return false;
    }
    const isRepeated = this.#isMatched[at] === true;
    if (isRepeated) this.isAmbiguous = true;
    this.#isMatched[at] = true;
    // Without a wildcard, the first one that leads to a container is followed.
    return !(isRepeated && this.isWildcard);
  }
}
