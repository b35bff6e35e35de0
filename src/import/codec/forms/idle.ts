// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// What a decoder needs and can use again: contexts and memory outside of the JavaScript heap, which a collection frees late.
// A thread keeps one for the next source or part.

export class Idle<T> {
  readonly #make: () => T;
  #one: T | undefined;

  constructor(make: () => T) {
    this.#make = make;
  }

  take(): T {
    const one = this.#one ?? this.#make();
    this.#one = undefined;
    return one;
  }

  /** Leaves one that has ended soundly. @param end frees it, if one is kept already */
  leave(one: T, end?: (one: T) => void): void {
    if (this.#one === undefined) this.#one = one;
    else end?.(one);
  }
}
